/**
 * The host time of training steps and their calls of WebGPU: on a software adapter for both sets of
 * kernels, since neither depends on who computes.
 */

import { MeasuredPeer } from "../measured_peer.ts";
import { type Bench, messageOf, type Part } from "./part.ts";
import type { StepResult } from "../results.ts";
import type { StepJob, StepReady } from "../step_contender.ts";
import { hostLine } from "../text.ts";

const HOST_SIZES = ["lite 16", "lite 64", "full 32"];

/** Most seconds for a question about one size. */
const LIMIT = 30;

/** Host time and calls alone. */
export const HOST: Part = {
  name: "host",
  limit: 150,
  async run(bench) {
    const isSoftware = bench.results.adapter?.isSoftware ?? false;
    for (const size of HOST_SIZES) {
      for (
        const kernels of isSoftware ? ["hardware", "software"] as const : ["hardware"] as const
      ) {
        await measureHost(bench, size, kernels).catch((error) => {
          bench.fail(`${size} with the kernels for ${kernels}: ${messageOf(error)}`);
        });
      }
    }
  },
};

/** Measures one size, recorded with one set of kernels. */
export async function measureHost(
  bench: Bench,
  name: string,
  kernels: "hardware" | "software",
): Promise<void> {
  await using peer = MeasuredPeer.ofScript("step_contender.ts", bench.signal);
  const job: StepJob = { size: name, way: "webgpu", cache: bench.cache, recorded: kernels };
  const { firstStepSeconds } = await peer.ask<StepReady>(job, LIMIT);
  const host = await peer.ask<Pick<StepResult, "hostMs" | "calls">>({ measure: "host" }, LIMIT);
  const rest = { deviceMs: null, imagesPerSecond: null, tuneSeconds: null };
  const result: StepResult = { name, way: "webgpu", kernels, firstStepSeconds, ...rest, ...host };
  bench.results.steps.push(result);
  bench.print(hostLine(result));
}
