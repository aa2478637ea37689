/**
 * Choosing the backend on a machine whose only adapter is software: which one is faster depends on the
 * processor and the driver, so it is measured once and written down.
 *
 * @module
 */

import { type Backend, type BackendName, BACKENDS, openBackend } from "./backend.ts";
import { makeBatch, type WholeFace } from "./batches.ts";
import { cachePath } from "./cache_folder.ts";
import { writeJson } from "./files.ts";
import { buildNetwork, maskSize } from "./network.ts";
import { trainConfig } from "./presets.ts";
import { checkSchema, schemaOf } from "./schema.ts";
import { Learner } from "./train/learner.ts";

/** What was measured on one machine. */
export interface BackendMeasurement {
  /** The adapter that it was measured on. */
  readonly adapter: string;
  /** The kernels that were measured: see {@linkcode KERNELS}. */
  readonly kernels: number;
  /** Seconds of one training step of the preset `lite` with {@linkcode BATCH} images. */
  readonly seconds: Readonly<Record<BackendName, number>>;
}

/** Changes when a backend has become faster, so that what was measured before is measured anew. */
const KERNELS = 3;

/** Images of the measured step: enough for the kernels to be busy, few enough to take a second. */
const BATCH = 8;
/** The first step compiles; the fastest of the others counts. */
const STEPS = 3;

/**
 * Opens the backend that a choice stands for. `auto` is webgpu on a hardware adapter, the faster of
 * both on a software adapter, and wasm without one.
 *
 * @param log Hears that something is about to be measured.
 */
export async function chooseBackend(
  choice: BackendName | "auto",
  log: (line: string) => void = () => {},
): Promise<Backend> {
  const backend = await openBackend(choice);
  if (choice !== "auto" || !backend.gpu?.isFallback) return backend;
  const adapter = backend.gpu.info.description;
  let measured = await readMeasurement(adapter);
  if (!measured) {
    log("Measuring once which backend trains faster on this software adapter …");
    backend[Symbol.dispose]();
    measured = { adapter, kernels: KERNELS, seconds: await measureBackends() };
    await writeMeasurement(measured);
  } else backend[Symbol.dispose]();
  const { seconds } = measured;
  const name = fasterBackend(measured);
  const other = name === "webgpu" ? "wasm" : "webgpu";
  const reason = `a software adapter; measured ${seconds[name].toFixed(2)} s a step against ` +
    `${seconds[other].toFixed(2)} s on ${other}`;
  return { ...await openBackend(name), reason };
}

/** The backend that a measurement speaks for. */
export function fasterBackend({ seconds }: BackendMeasurement): BackendName {
  return seconds.webgpu <= seconds.wasm ? "webgpu" : "wasm";
}

/** Where the measurement is kept, or null where the environment names no folder for such files. */
export function measurementPath(): string | null {
  return cachePath("backend.json");
}

/** The measurement for an adapter, if there is one. */
export async function readMeasurement(adapter: string): Promise<BackendMeasurement | null> {
  const path = measurementPath();
  if (path === null) return null;
  try {
    const { schema, ...kept } = JSON.parse(await Deno.readTextFile(path)) as
      & BackendMeasurement
      & { readonly schema?: unknown };
    checkSchema("backend-choice", schema, path);
    const valid = kept.adapter === adapter && kept.kernels === KERNELS &&
      BACKENDS.every((name) => isTime(kept.seconds[name]));
    return valid ? kept : null;
  } catch {
    // Missing, unreadable, damaged or of another version: it is measured anew.
    return null;
  }
}

/** Whether a value of the file is a time that was measured, in seconds. */
function isTime(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

async function writeMeasurement(measured: BackendMeasurement): Promise<void> {
  const path = measurementPath();
  if (path === null) return;
  // A machine that forbids the file measures again next time.
  await writeJson(path, { schema: schemaOf("backend-choice"), ...measured }).catch(() => {});
}

async function measureBackends(): Promise<Record<BackendName, number>> {
  const seconds = {} as Record<BackendName, number>;
  for (const name of BACKENDS) {
    using backend = await openBackend(name);
    seconds[name] = await timeStep(backend);
  }
  return seconds;
}

/** Seconds of one step of the preset `lite` on random images. */
async function timeStep(backend: Backend): Promise<number> {
  const config = trainConfig("lite");
  const { input } = config.network;
  const network = buildNetwork(config.network, config.seed);
  using learner = new Learner(backend, network, config);
  const plan = { input, mask: maskSize(config.network), augmentation: NO_CHANGE };
  const batch = makeBatch(greyFaces(input), plan, null);
  let best = Infinity;
  for (let step = 0; step < STEPS; step++) {
    const start = performance.now();
    const losses = learner.step(batch);
    await losses.data();
    losses.dispose();
    if (step > 0) best = Math.min(best, (performance.now() - start) / 1000);
  }
  network.dispose();
  return best;
}

const NO_CHANGE = { flip: false, shift: 0 };

/** Images without content: a step takes as long on them. */
function greyFaces({ height, width }: { height: number; width: number }): WholeFace[] {
  const record = { image: "", path: "", split: null, labels: 0, size: null, box: null };
  const face: WholeFace = {
    record: { ...record, points: null, rejected: null },
    labels: 0,
    pixels: new Uint8Array(height * width * 3).fill(128),
    polygons: null,
  };
  return Array.from({ length: BATCH }, () => face);
}
