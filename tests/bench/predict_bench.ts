/**
 * Predicting from image files: ours on webgpu and wasm, and PyTorch with OpenCV, decoding included. Each
 * is a process of its own; they take turns over the same 178 x 218 images of the sample with a network of
 * the preset `lite`, and medians are printed, and the fastest pass, which a busy machine disturbs less;
 * the last column compares with PyTorch's better median.
 */

import "../../pipeline/cli/environment.ts";
import { join } from "node:path";
import { openBackend } from "../../pipeline/compute/backend.ts";
import { buildNetwork } from "../../pipeline/network/network.ts";
import { PRESETS } from "../../pipeline/network/presets.ts";
import { writeModel } from "../../pipeline/train/files/model_folder.ts";
import { findPython, peerArguments } from "../contexts/python_peer.ts";
import { LinePeer } from "./contenders/line_peer.ts";
import { median, print } from "./measuring.ts";
import type { PredictJob } from "./contenders/predict_contender.ts";
import { SEED } from "./random_batch.ts";

const ROUNDS = 5;
/** Files a round. */
export const COUNT = 160;
/** PyTorch's batch; ours takes its own. */
const BATCH = 16;

const FOLDER = import.meta.dirname ?? ".";
const CONTENDER = ["run", "-A", join(FOLDER, "contenders", "predict_contender.ts")];
const FACES = join(FOLDER, "..", "..", "data", "sample", "Img", "img_align_celeba");

/** What a program took. */
interface PredictTimes {
  readonly name: string;
  /** Of each round. */
  readonly seconds: readonly number[];
}

/** A program that predicts, warmed up. */
interface Contender extends PredictTimes {
  readonly peer: LinePeer;
  readonly seconds: number[];
}

async function start(peer: LinePeer, job: object): Promise<Contender | null> {
  try {
    const { name } = await peer.ask<{ name: string }>(job);
    return { name, peer, seconds: [] };
  } catch {
    await peer[Symbol.asyncDispose]();
    return null;
  }
}

async function startAll(run: string, tell: (line: string) => void): Promise<Contender[]> {
  const images = Array.from(
    { length: COUNT },
    (_, i) => join(FACES, `${i + 1}`.padStart(6, "0") + ".jpg"),
  );
  const started: (Contender | null)[] = [];
  for (const way of ["webgpu", "wasm"] as const) {
    const job: PredictJob = { way, run, images };
    const one = await start(new LinePeer(Deno.execPath(), CONTENDER), job);
    if (!one) tell(`${way} is left out`);
    started.push(one);
  }
  const { input, widths } = PRESETS.lite.network;
  const python = await findPython("torch");
  if (python === null) tell("No python3 has torch here: PyTorch is left out");
  // On a busy machine OpenMP's threads wait for each other for longer than they work: one may be faster.
  for (const threads of python === null ? [] : [1, navigator.hardwareConcurrency]) {
    const peer = new LinePeer(python!, peerArguments("predict_torch.py"));
    const job = { ...input, widths, batch: BATCH, threads, images };
    const one = await start(peer, job);
    if (!one) tell("PyTorch is left out");
    started.push(one);
  }
  return started.filter((contender) => contender !== null);
}

function report(contenders: readonly PredictTimes[]): void {
  const load = Deno.loadavg().map((load) => load.toFixed(1)).join(" ");
  print(`${COUNT} files, lite, medians of ${ROUNDS} rounds in turn, load average ${load}`);
  const peers = contenders.filter(({ name }) => name.startsWith("PyTorch"));
  const base = Math.min(...peers.map(({ seconds }) => median(seconds)));
  const heads = ["images/s", "at best", "of PyTorch"];
  print("contender".padEnd(48) + heads.map((head) => head.padStart(12)).join(""));
  for (const { name, seconds } of contenders) {
    const cells = [
      (COUNT / median(seconds)).toFixed(1),
      (COUNT / Math.min(...seconds)).toFixed(1),
      peers.length > 0 ? `${(base / median(seconds)).toFixed(2)}x` : "",
    ];
    print(name.padEnd(48) + cells.map((cell) => cell.padStart(12)).join(""));
  }
}

/**
 * Measures the programs, which take turns. Their seconds are those of all files.
 *
 * @param tell Hears what is left out.
 */
export async function measurePredictions(
  rounds: number,
  tell: (line: string) => void,
): Promise<PredictTimes[]> {
  const run = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    {
      using _backend = await openBackend("wasm");
      await writeModel(run, buildNetwork(PRESETS.lite.network, SEED));
    }
    const contenders = await startAll(run, tell);
    for (let round = 0; round < rounds; round++) {
      for (const { peer, seconds } of contenders) {
        seconds.push((await peer.ask<{ seconds: number }>({})).seconds);
      }
    }
    for (const { peer } of contenders) await peer[Symbol.asyncDispose]();
    return contenders;
  } finally {
    await Deno.remove(run, { recursive: true });
  }
}

if (import.meta.main) {
  report(await measurePredictions(ROUNDS, print));
  Deno.exit();
}
