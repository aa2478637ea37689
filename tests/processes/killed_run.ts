/**
 * A small training run that can be a process of its own, to be killed:
 * `deno run … killed_run.ts RUN`, again and again until it ends by itself.
 */

import { join } from "node:path";
import { openBackend } from "../../pipeline/compute/backend.ts";
import { exists } from "../../pipeline/files/write_file.ts";
import type { TrainConfig } from "../../pipeline/network/settings.ts";
import { train, type TrainOptions, type TrainResult } from "../../pipeline/train.ts";
import { smallConfig, someFaces } from "../contexts/train_context.ts";

/** Everything that has a state, and a checkpoint after every step. */
export const KILLED_CONFIG: TrainConfig = smallConfig({
  ...{ epochs: 6, batch: 2, optimizer: "adamw", learningRate: 0.002 },
  ...{ schedule: "plateau", decayEvery: 1, clip: 1, keepBest: 2, checkpointMinutes: 1e-9 },
});

/** Trains in a folder, or goes on. */
export async function trainOn(
  run: string,
  options: Partial<TrainOptions> = {},
  on: "webgpu" | "wasm" = "wasm",
): Promise<TrainResult> {
  using backend = await openBackend(on);
  const resume = await exists(run, "config.json");
  const records = someFaces();
  return await train({ records, config: KILLED_CONFIG, backend, out: run, resume, ...options });
}

/** The run as a process, started by another program's words if there are some. */
export function killedRun(run: string, starter: readonly string[] = []): Deno.Command {
  const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env"];
  const [program, ...args] = [...starter, Deno.execPath(), "run", ...permissions, SCRIPT, run];
  return new Deno.Command(program!, { args, stdin: "null", stdout: "null", stderr: "piped" });
}

const SCRIPT = join(import.meta.dirname ?? ".", "killed_run.ts");

if (import.meta.main) await trainOn(Deno.args[0]!);
