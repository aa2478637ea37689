/** PyTorch as an oracle for training steps, where it is installed (`apt-get install python3-torch`). */

import assert from "node:assert/strict";
import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import { type Batch, batchImages } from "../../pipeline/face/batches.ts";
import type { TrainConfig } from "../../pipeline/network/settings.ts";
import { attributeRegionMasks } from "../../pipeline/face/regions.ts";
import type { NamedTensor } from "../../pipeline/train/checkpoints/checkpoint.ts";
import { bytesOf, findPython, runPeer } from "./python_peer.ts";
import { labelNumbers } from "./train_context.ts";

/** The Python that has PyTorch, or null. */
export const PYTHON: string | null = await findPython("torch");

/** Whether there is an oracle. */
export const hasTorch: boolean = PYTHON !== null;

if (!hasTorch) {
  const line = "NO PYTORCH: no Python here has torch, so the comparisons with it are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** What some training steps came to. */
export interface Steps {
  /** Total, attribute and mask loss of each step before its update. */
  readonly losses: readonly number[];
  /** All weights after the last step, moving statistics included. */
  readonly weights: readonly NamedTensor[];
}

/** Has PyTorch take steps on batches, all of one size, from the given weights. */
export async function torchSteps(
  config: TrainConfig,
  start: readonly NamedTensor[],
  batches: readonly Batch[],
): Promise<Steps> {
  const { network, learningRate, momentum, weightDecay, segmentationWeight } = config;
  const { optimizer, clip, accumulate } = config;
  const header = {
    ...{ ...network.input, widths: network.widths },
    ...{ steps: batches.length, batch: batches[0]?.faces.length },
    ...{ learningRate, momentum, weightDecay, segmentationWeight, optimizer, clip, accumulate },
    weights: start.map(({ name, shape }) => ({ name, shape })),
  };
  const output = await runPeer(PYTHON ?? "python3", "train_steps_torch.py", [
    new TextEncoder().encode(JSON.stringify(header) + "\n"),
    ...start.map(({ data }) => bytesOf(Float32Array.from(data))),
    ...batches.map((batch) => bytesOf(batchImages(batch))),
    ...batches.map((batch) => bytesOf(labelNumbers(batch))),
    ...batches.map(({ job }) => bytesOf(rasterizeRows(job).slice())),
    bytesOf(Uint32Array.from(attributeRegionMasks())),
  ]);
  const end = output.indexOf("\n".charCodeAt(0)) + 1;
  const { losses } = JSON.parse(new TextDecoder().decode(output.subarray(0, end)));
  const numbers = new Float32Array(output.slice(end).buffer);
  let at = 0;
  const weights = start.map(({ name, shape, data }) => (
    { name, shape, data: numbers.subarray(at, at += data.length) }
  ));
  assert.equal(at, numbers.length);
  return { losses: losses.flat(), weights };
}
