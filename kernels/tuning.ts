/**
 * Measuring which kernels are the fastest on a device for the shapes that are about to be used.
 *
 * Recording cannot wait for a measurement, so this happens ahead of training.
 *
 * @module
 */

import { type Conv2dShape, outputSize } from "./conv2d.ts";
import { convolve, type Family, type Operation, operationKey, useFamily } from "./convolution.ts";
import type { Gpu } from "./gpu.ts";
import { tileName, TILES } from "./tiles.ts";
import { secondsOf } from "./timing.ts";

/** Changes when a family has become faster or is new, so that what was measured before is measured anew. */
export const FAMILIES_VERSION = 1;

/** An operation that is going to run. */
export interface TuningJob {
  readonly operation: Operation;
  readonly shape: Conv2dShape;
}

/** Names of the fastest families by what they were measured on; see {@linkcode familyName}. */
export type Choices = Readonly<Record<string, string>>;

/** Where the choices for one device outlive the process. Neither method fails. */
export interface ChoiceStore {
  /** What was written last; nothing where that is missing or damaged. */
  read(): Promise<Choices>;
  write(choices: Choices): Promise<void>;
}

/** All that a device may run, the likeliest first. */
export function familiesFor({ halfPrecision }: Gpu): Family[] {
  const halves = halfPrecision ? TILES.map((tile) => ({ ...tile, half: true })) : [];
  return [...halves, ...TILES, "registers"];
}

/** Images of a measured batch: enough to fill a device, few enough for its memory. */
const MOST_IMAGES = 8;
/**
 * Multiplications and additions of a measured batch: few enough that the slowest family on a small device
 * ends before its driver takes it for hung (2 s on Windows).
 */
const MOST_FLOPS = 1.5e11;
/** A family that takes this much longer than the best in one run gets no other. */
const HOPELESS = 1.5;

/**
 * Makes every job use the family that is the fastest for it: as kept, or else as measured now on buffers
 * of its own.
 *
 * @param log Hears that something is about to be measured.
 * @param families What is measured, the likeliest first.
 */
export async function tune(
  gpu: Gpu,
  jobs: readonly TuningJob[],
  store: ChoiceStore,
  log: (line: string) => void = () => {},
  families: readonly Family[] = familiesFor(gpu),
): Promise<void> {
  const byName = new Map(families.map((family) => [familyName(family), family]));
  const choices: Record<string, string> = { ...await store.read() };
  const missing = new Map(
    jobs.map((job) => [choiceKey(gpu, job), job] as const)
      .filter(([key]) => !byName.has(choices[key] ?? "")),
  );
  if (missing.size > 0) log("Measuring kernels once for this adapter …");
  for (const [key, job] of missing) choices[key] = familyName(await fastest(gpu, job, families));
  if (missing.size > 0) {
    gpu.releaseScratch();
    await store.write(choices);
  }
  for (const job of jobs) {
    useFamily(gpu, job.operation, job.shape, byName.get(choices[choiceKey(gpu, job)]!)!);
  }
}

/** `registers`, or the tile's name. */
export function familyName(family: Family): string {
  return family === "registers" ? family : tileName(family);
}

/** What a measurement is kept under. */
function choiceKey({ halfPrecision }: Gpu, { operation, shape }: TuningJob): string {
  const half = halfPrecision ? ", f16 allowed" : "";
  return `${operationKey(operation, shape)}, batch ${measuredBatch(shape)}${half}`;
}

/** A dense layer's batch is the rows of one product and small; images are many products alike. */
function measuredBatch(shape: Conv2dShape): number {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  if (height * width === 1) return batch;
  const [outHeight, outWidth] = outputSize(shape);
  const flops = 2 * outHeight * outWidth * kernelHeight * kernelWidth * channels * filters;
  return Math.min(batch, MOST_IMAGES, Math.max(1, Math.floor(MOST_FLOPS / flops)));
}

/** The shape that stands for a job's own where that is larger than a measurement needs. */
export function measuredShape({ shape }: TuningJob): Conv2dShape {
  return { ...shape, batch: measuredBatch(shape) };
}

/** Seconds of a job's {@linkcode measuredShape} on each family; infinite on one that the device refuses. */
export async function timeFamilies(
  gpu: Gpu,
  job: TuningJob,
  families: readonly Family[],
): Promise<Map<Family, number>> {
  const shape = measuredShape(job);
  const { a, b, out } = operandSizes(job.operation, shape);
  const buffers = [a, b, out].map((size) => gpu.createBuffer(4 * size)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  const times = new Map<Family, number>();
  for (const family of families) {
    const record = () => convolve(gpu, job.operation, buffers, shape, family);
    // A family that a driver refuses is none; the device goes on without it.
    gpu.device.pushErrorScope("validation");
    const seconds = await secondsOf(gpu, record, HOPELESS * Math.min(...times.values()));
    const refused = await gpu.device.popErrorScope();
    times.set(family, refused ? Infinity : seconds);
  }
  gpu.destroy(...buffers);
  return times;
}

async function fastest(gpu: Gpu, job: TuningJob, families: readonly Family[]): Promise<Family> {
  const times = [...await timeFamilies(gpu, job, families)];
  return times.reduce((best, next) => next[1] < best[1] ? next : best)[0];
}

/** Numbers in the two factors and in the result of an operation. */
function operandSizes(
  operation: Operation,
  shape: Conv2dShape,
): Record<"a" | "b" | "out", number> {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const x = batch * height * width * channels;
  const f = kernelHeight * kernelWidth * channels * filters;
  const y = batch * outHeight * outWidth * filters;
  switch (operation) {
    case "conv2d":
      return { a: x, b: f, out: y };
    case "conv2dInputGrad":
      return { a: y, b: f, out: x };
    case "conv2dFilterGrad":
      return { a: x, b: y, out: f };
  }
}
