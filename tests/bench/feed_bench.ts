/**
 * Images a second on the way from a file to a batch of training: each part, all of it from JPEG files by 1, 2,
 * 4 … threads up to the cores, and all of it from a pack by the main thread alone; beside PyTorch's `DataLoader`
 * with OpenCV by as many processes, and on the same pack through NumPy. A batch is what a device gets: images in
 * bytes, their random changes, and the polygons of their masks; PyTorch's has images alone.
 *
 * Images are brought to 109x89 unless a row says otherwise. Each contender is a process of its own; they take
 * turns, and medians are printed. A worker of ours is a thread besides the main one, one of PyTorch's a process.
 *
 * `--dataset DIR` and `--landmarks FILE` (the sample, encoded anew as CelebA is), `--faces N` of them (2048; they are
 * repeated if there are fewer), `--rounds N` (3); with `--json` the last line is all results. Needs python3 with
 * torch and OpenCV for PyTorch.
 */

import "../../pipeline/cli/environment.ts";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pack } from "../../pipeline/pack.ts";
import { findPython } from "../contexts/python_peer.ts";
import type { FeedRound } from "./contenders/feed_contender.ts";
import {
  contendersOf,
  type FeedContender,
  type FeedGiven,
  nameOf,
  SIZES,
  startContender,
  workerCounts,
} from "./contenders/feed_contenders.ts";
import { copySample, facesOf, sizeName } from "./contenders/feed_source.ts";
import type { LinePeer } from "./contenders/line_peer.ts";
import { median, print } from "./measuring.ts";

/** What a contender reached. */
export interface FeedRate {
  readonly contender: FeedContender;
  /** Images a second: the median, and the best. */
  readonly rate: number;
  readonly best: number;
  /** Processor time an image, in microseconds. */
  readonly cpu: number;
}

/** Rates by what they are of. */
type Rates = Record<string, number>;

/** All results: images a second. */
export interface FeedResults {
  /** Reading, decoding and resizing files, by workers. */
  readonly decode: Rates;
  /** Batches of training: from JPEG files by workers, from a pack by the images' size. */
  readonly feed: { readonly jpeg: Rates; readonly pack: Rates };
  /** One thread on a part alone. */
  readonly parts: Rates;
  readonly peers: readonly {
    readonly name: string;
    readonly from: "jpeg" | "pack";
    readonly size: string;
    readonly workers: number;
    readonly rate: number;
  }[];
  /** Of the machine when it was over, in 1, 5 and 15 minutes. */
  readonly load: readonly number[];
}

/** The results by name. */
export function resultsOf(rates: readonly FeedRate[], load: readonly number[]): FeedResults {
  const results = {
    ...{ decode: {} as Rates, feed: { jpeg: {} as Rates, pack: {} as Rates }, parts: {} as Rates },
    ...{ peers: [] as FeedResults["peers"][number][], load },
  };
  for (const { contender, rate } of rates) {
    const { by, way, workers, size } = contender;
    if (by === "PyTorch") {
      const from = way === "pack" ? "pack" : "jpeg";
      results.peers.push({ name: nameOf(contender), from, size: sizeName(size), workers, rate });
    } else if (way === "pack") results.feed.pack[sizeName(size)] = rate;
    else if (way === "jpeg") results.feed.jpeg[workers] = rate;
    else if (way === "reader") results.decode[workers] = rate;
    else results.parts[way] = rate;
  }
  return results;
}

/** What a contender reached in its rounds. */
export function rateOf(contender: FeedContender, rounds: readonly FeedRound[]): FeedRate {
  const rates = rounds.map(({ images, seconds }) => images / seconds);
  const cpu = median(rounds.map(({ images, cpu }) => 1e6 * cpu / images));
  return { contender, rate: median(rates), best: Math.max(...rates), cpu };
}

/** Lets contenders take turns. */
async function takeTurns(
  contenders: readonly FeedContender[],
  given: FeedGiven,
  rounds: number,
): Promise<FeedRate[]> {
  const peers: LinePeer[] = [];
  try {
    // One after the other, so that none starts while another is warming up.
    for (const contender of contenders) peers.push(await startContender(contender, given));
    const taken = contenders.map(() => [] as FeedRound[]);
    for (let round = 0; round < rounds; round++) {
      for (const [i, peer] of peers.entries()) taken[i]!.push(await peer.ask<FeedRound>({}));
    }
    return contenders.map((contender, i) => rateOf(contender, taken[i]!));
  } finally {
    for (const peer of peers) await peer[Symbol.asyncDispose]();
  }
}

function report(rates: readonly FeedRate[], rounds: number): void {
  const load = Deno.loadavg().map((load) => load.toFixed(1)).join(" ");
  print(`medians of ${rounds} rounds in turn, load average ${load}`);
  const heads = ["images/s", "at best", "µs of cores", "x 1 worker"];
  print("".padEnd(48) + heads.map((head) => head.padStart(12)).join(""));
  for (const { contender, rate, best, cpu } of rates) {
    const { by, way, workers } = contender;
    const one = workers < 2
      ? undefined
      : rates.find(({ contender: other }) =>
        other.by === by && other.way === way && other.size === contender.size && other.workers === 1
      );
    const counts = [rate, best].map((value) => Math.round(value).toLocaleString("en"));
    const cells = [...counts, cpu.toFixed(1), one ? (rate / one.rate).toFixed(2) : ""];
    print(nameOf(contender).padEnd(48) + cells.map((cell) => cell.padStart(12)).join(""));
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dataset: { type: "string" },
      landmarks: { type: "string" },
      faces: { type: "string", default: "2048" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  const { dataset, landmarks } = values;
  if (!dataset !== !landmarks) throw new SyntaxError("--dataset and --landmarks need each other");
  const [faces, rounds] = [Number(values.faces), Number(values.rounds)];
  const python = await findPython("cv2") && await findPython("torch");
  if (!python) print("No python3 has torch and OpenCV here: PyTorch is left out");
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const given = dataset && landmarks ? { dataset, landmarks } : null;
    const source = { ...given ?? await copySample(join(folder, "sample")), faces };
    const records = await facesOf(source);
    const packs: Record<string, string> = {};
    for (const size of SIZES) {
      const out = packs[sizeName(size)] = join(folder, `${sizeName(size)}.safetensors`);
      await pack({ records: ReadableStream.from(records), size, out });
    }
    const contenders = contendersOf(workerCounts(navigator.hardwareConcurrency), python !== null);
    const rates = await takeTurns(contenders, { source, records, packs, python }, rounds);
    report(rates, rounds);
    if (values.json) print(JSON.stringify(resultsOf(rates, Deno.loadavg())));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main(Deno.args);
