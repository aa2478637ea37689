/** What `deno task bench hardware` finds out, as `--json` prints it. */

import type { GpuCalls } from "../../comparing/gpu_calls.ts";
import type { Adapter } from "../../../pipeline/cli/adapter.ts";

/** The adapter, and what runs on it. */
export interface AdapterFacts extends Adapter {
  /** What the driver's own tools say of it; null where there are none. */
  readonly driver: string | null;
  readonly deno: string;
  readonly platform: string;
  readonly processors: number;
}

/** Who takes training steps. */
type Way = "webgpu" | "webgpu f16" | "wasm" | `PyTorch ${string}`;

/** A training step of one size by one way. What does not apply, or was not measured, is null. */
export interface StepResult {
  /** The network and the batch: `lite 16`. */
  readonly name: string;
  readonly way: Way;
  /** Which set of our kernels ran on the adapter. */
  readonly kernels: "hardware" | "software" | null;
  /** Time in JavaScript until a steady step is recorded and submitted, with nothing to do for the device. */
  readonly hostMs: number | null;
  /** Time of a steady step on the device. */
  readonly deviceMs: number | null;
  /** With many steps under way, and their losses read back as training reads them. */
  readonly imagesPerSecond: number | null;
  /** What the first training on a machine measures before its first step. */
  readonly tuneSeconds: number | null;
  /** The first step, which compiles and is recorded. */
  readonly firstStepSeconds: number | null;
  /** Calls of WebGPU in a steady step. */
  readonly calls: GpuCalls | null;
}

/** All dispatches of a step that are alike. */
export interface KernelTime {
  /** File and entry point, or tfjs's name. */
  readonly name: string;
  /** Dispatches a step. */
  readonly count: number;
  /** Of all of them. */
  readonly ms: number;
  /** Of all of them; 0 where nobody has counted. */
  readonly flops: number;
  readonly bytes: number;
}

/** The dispatches of a step, the slowest first. */
export interface StepKernels {
  readonly name: string;
  /** Of all dispatches. */
  readonly ms: number;
  readonly slowest: readonly KernelTime[];
}

/** What the device can do, as two small kernels measure it. */
export interface CardPeaks {
  /** Multiplications and additions a second in f32, in registers. */
  readonly flops: number;
  /** Bytes read and written a second by a copy. */
  readonly bandwidth: number;
}

/** Something that was timed: faces or images a second, or milliseconds. */
export interface Timed {
  readonly name: string;
  readonly value: number;
}

/** What the tests of the kernels came to. */
interface TestResults {
  readonly passed: number;
  readonly failed: number;
  /** Names of those that failed, behind their files. */
  readonly failures: readonly string[];
}

/** Everything; parts that were not asked for are missing. */
export interface Results {
  adapter: AdapterFacts | null;
  readonly steps: StepResult[];
  /** PyTorch's version, and where it computed. */
  pytorch?: string;
  kernels?: { readonly peaks: CardPeaks; readonly steps: StepKernels[] };
  /** Faces a second. */
  masks?: readonly Timed[];
  /** Milliseconds a loss with its gradients. */
  loss?: readonly Timed[];
  /** Faces a second. */
  predictor?: readonly Timed[];
  /** Images a second. */
  predict?: readonly Timed[];
  tests?: TestResults;
  /** A line for each thing that failed or ran over its time. */
  readonly failures: string[];
  /** What everything took. */
  seconds: number;
}

/** One way to take steps of one size, warmed up. */
export interface SteppingWay extends AsyncDisposable {
  readonly way: Way;
  /** Images a second, in steps that take about so long together. */
  rate(seconds: number): Promise<number>;
  /** What else there is to say of a step; measured last. */
  result(): Promise<Omit<StepResult, "name" | "way" | "imagesPerSecond">>;
}
