/**
 * What this machine's card makes of the program, in one command: `deno task bench hardware`.
 *
 * - adapter and driver;
 * - training steps of `lite` in batches of 16 and 64, of `lite` on images of 178x218 (`full`) in batches
 *   of 32, of `paper` in batches of 8 and 40: host and device time of a step apart, images a second, and
 *   calls of WebGPU a step; ours on webgpu (`paper` with `--f16` too) and on wasm beside PyTorch, where a
 *   Python has it, in f32 without TF32, with TF32, and with automatic mixed precision;
 * - the slowest kernels of a step, beside what two small kernels show that the card can do;
 * - masks (beside OpenCV, where a Python has it), the joint loss, dlib's predictor, and `predict`;
 * - the kernels' tests that hold on any adapter.
 *
 * PyTorch's images lie on the device before the first step; ours are brought there in each step, as in
 * training. Nothing that was measured on this machine before is used, so that the time of tuning is that of
 * a first training.
 *
 * Everything takes six minutes at most. Each part is a process, or several, with a time limit; one that
 * fails or runs over it leaves a line, and the others go on. `--only PART[,PART]` takes some parts alone
 * (adapter, host, steps, kernels, masks, loss, predictor, predict, tests); `host` is not among the usual
 * ones: host time and calls of the small sizes, on a software adapter for both sets of kernels. With
 * `--json` the last line is all results as JSON.
 */

import { PARTS } from "./hardware/parts/parts.ts";
import { type Options, parseOptions } from "./hardware/options.ts";
import { runParts } from "./hardware/parts/part.ts";
import { print } from "./measuring.ts";

/** For all parts. */
const SECONDS = 355;

async function main({ parts, json }: Options): Promise<void> {
  const cache = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const chosen = parts.map((name) => PARTS[name]);
    const results = await runParts(chosen, { seconds: SECONDS, cache, print });
    print(
      `took ${results.seconds.toFixed(0)} s; ${results.failures.length} lines on what is missing`,
    );
    if (json) print(JSON.stringify(results));
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

if (import.meta.main) {
  try {
    await main(parseOptions(Deno.args));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    print(error.message);
    Deno.exit(2);
  }
  Deno.exit();
}
