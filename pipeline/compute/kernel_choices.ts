/**
 * Which kernels a hardware adapter runs fastest: measured once for a network's shapes and written down.
 */

import {
  type Choices,
  type ChoiceStore,
  FAMILIES_VERSION,
  tune,
  type TuningJob,
} from "../../kernels/tuning/tuning.ts";
import { DEFAULT_TILE, tileName } from "../../kernels/convolution/tiles.ts";
import type { Backend } from "./backend.ts";
import { cachePath, readCached, writeCached } from "../files/cache_folder.ts";
import { isObject } from "../files/json_text.ts";
import { ATTRIBUTES } from "../face/attributes.ts";
import {
  convolutionShapes,
  forwardFlops,
  maskSize,
  type NetworkConfig,
} from "../network/network.ts";

/** What tells one adapter with its driver from another. WebGPU does not tell the driver's version. */
type AdapterNames = Pick<
  GPUAdapterInfo,
  "vendor" | "architecture" | "device" | "description"
>;

/** Seconds for measuring the kernels of a small network such as `lite`, on hardware. */
const SECONDS = 10;
/** Seconds for a large one, whose training takes hours. */
const LARGE_SECONDS = 20;
/** FLOPs per image from which a network counts as large: `paper` needs 7e10, `lite` 3e8. */
const LARGE_FLOPS = 1e10;

/** A training run for which kernels are to be chosen. */
interface TunedRun {
  readonly network: NetworkConfig;
  /** Images a batch. */
  readonly batch: number;
  /** Batches of the whole run; by default so many that measuring pays for every kernel. */
  readonly steps?: number;
  /** Hears that measuring begins, and what it came to. */
  readonly log?: ((line: string) => void) | undefined;
  /** Told how many shapes are measured, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Measures what has not been measured for a training run, as far as that pays, and makes the kernels use
 * it. A software adapter is left alone: what is fast there is known.
 */
export async function tuneKernels({ gpu }: Backend, run: TunedRun): Promise<void> {
  if (!gpu || gpu.isFallback) return;
  const { network, batch, steps = Infinity, log = () => {}, onProgress = () => {} } = run;
  const seconds = forwardFlops(network) < LARGE_FLOPS ? SECONDS : LARGE_SECONDS;
  const jobs = trainingJobs(network, batch);
  await tune(gpu, jobs, keptChoices(gpu.info), { steps, seconds, log, onProgress });
}

/** Makes the kernels use what is known or, by shape, likely for a network, without measuring. */
export async function useLikelyKernels({ gpu }: Backend, run: TunedRun): Promise<void> {
  if (!gpu || gpu.isFallback) return;
  const jobs = trainingJobs(run.network, run.batch);
  await tune(gpu, jobs, keptChoices(gpu.info), { steps: 0, seconds: 0 });
}

/** The operations of a training step that have more than one family of kernels. */
export function trainingJobs(network: NetworkConfig, batch: number): TuningJob[] {
  const { height, width } = maskSize(network);
  // As tfjs's matrix products run on our kernels: 1x1 images.
  const dense = {
    height: 1,
    width: 1,
    channels: height * width * ATTRIBUTES.length,
    filters: ATTRIBUTES.length,
    kernelHeight: 1,
    kernelWidth: 1,
  };
  return [...convolutionShapes(network), dense].flatMap((sizes, layer) => {
    const shape = { batch, ...sizes };
    const jobs: TuningJob[] = [
      { operation: "conv2d", shape },
      { operation: "conv2dFilterGrad", shape },
    ];
    // The image has no gradient.
    return layer === 0 ? jobs : [...jobs, { operation: "conv2dInputGrad", shape }];
  });
}

/** `tuned 18 shapes: 12 x 128x64, 8x8 each; 6 x registers`, the most frequent first. */
export function choicesText(choices: Choices): string {
  const names = Object.values(choices);
  if (names.length === 0) {
    return `${tileName(DEFAULT_TILE)}; the first training measures its shapes`;
  }
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]) =>
    [all.length, name] as const
  )
    .sort(([a], [b]) => b - a);
  return `tuned ${names.length} shapes: ` +
    counts.map(([count, name]) => `${count} x ${name}`).join("; ");
}

const KIND = "kernel-choices";

/** The choices for an adapter, in a file with those for others. */
export function keptChoices(
  { vendor, architecture, device, description }: AdapterNames,
  path: string | null = cachePath("kernels.json"),
): ChoiceStore {
  const key = [vendor, architecture, device, description, `version ${FAMILIES_VERSION}`].join("|");
  return {
    async read() {
      const kept = (await readCached(KIND, path))[key];
      return isChoices(kept) ? kept : {};
    },
    async write(choices) {
      await writeCached(KIND, path, { ...await readCached(KIND, path), [key]: choices });
    },
  };
}

function isChoices(value: unknown): value is Choices {
  return isObject(value) && Object.values(value).every((name) => typeof name === "string");
}
