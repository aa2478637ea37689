/**
 * A contender of `predict_bench.ts` in a process of its own: ours on webgpu or wasm. Answers the first
 * line, a {@linkcode PredictJob}, with its name, and each other one, whatever it holds, with the seconds
 * that all images took, from their files to the answers.
 */

import "../../../pipeline/cli/environment.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { predict } from "../../../pipeline/predict.ts";
import { print } from "../measuring.ts";

/** What is predicted. */
export interface PredictJob {
  readonly way: "webgpu" | "wasm";
  /** Folder of a run. */
  readonly run: string;
  readonly images: readonly string[];
}

let pass: (() => Promise<void>) | null = null;
for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  if (!pass) {
    const { way, run, images } = JSON.parse(line) as PredictJob;
    const backend = await openBackend(way);
    pass = async () => {
      const predictions = predict({ run, images: findImages(images), backend });
      for await (const prediction of predictions) {
        if ("rejected" in prediction) throw new Error(prediction.rejected);
      }
    };
    // Compiles.
    await pass();
    print(JSON.stringify({ name: `ours on ${way}` }));
    continue;
  }
  const start = performance.now();
  await pass();
  print(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
}
Deno.exit();
