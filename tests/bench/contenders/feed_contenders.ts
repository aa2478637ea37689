/** The contenders of `feed_bench.ts`: which there are, and how they are started. */

import { join } from "node:path";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import type { PictureSize } from "../../../pipeline/image/reading/read_picture.ts";
import { peerArguments } from "../../contexts/python_peer.ts";
import type { FeedJob, FeedWay } from "./feed_contender.ts";
import { type FeedSource, repeated, sizeName } from "./feed_source.ts";
import { LinePeer } from "./line_peer.ts";

/** One way of doing the work, or a part of it. */
export interface FeedContender {
  readonly by: "ours" | "PyTorch";
  readonly way: FeedWay;
  /** Threads of ours, or processes of PyTorch's, besides the main one. */
  readonly workers: number;
  readonly size: PictureSize;
}

/** Rows and columns of the presets' inputs: half of CelebA's, and as they are. */
const HALF = { height: 109, width: 89 } as const;
export const SIZES = [HALF, { height: 218, width: 178 }] as const;
const BATCH = 64;

const NAMES: Readonly<Record<FeedWay, string>> = {
  file: "reading a file",
  decode: "decoding",
  resize: "resizing",
  reader: "files to images",
  jpeg: "files to batches",
  pack: "pack to batches",
};

/** What a contender is called. */
export function nameOf({ by, way, workers, size }: FeedContender): string {
  const parts = [by, NAMES[way]];
  if (way === "pack") parts.push(sizeName(size));
  return [...parts, `${workers || "no"} worker${workers === 1 ? "" : "s"}`].join(", ");
}

/** 1, 2, 4 … up to the cores, and as many as there are cores. */
export function workerCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}

/** All contenders, in the order of their turns. */
export function contendersOf(workers: readonly number[], hasPython: boolean): FeedContender[] {
  const ours = (way: FeedWay, workers = 0, size: PictureSize = HALF) =>
    ({ by: "ours", way, workers, size }) as const;
  const peer = (way: FeedWay, workers: number, size: PictureSize = HALF) =>
    ({ by: "PyTorch", way, workers, size }) as const;
  const contenders: FeedContender[] = [ours("file"), ours("decode"), ours("resize")];
  for (const count of workers) contenders.push(ours("reader", count));
  for (const count of workers) {
    contenders.push(ours("jpeg", count));
    if (hasPython) contenders.push(peer("jpeg", count));
  }
  for (const size of SIZES) {
    contenders.push(ours("pack", 0, size));
    if (!hasPython) continue;
    for (const count of [0, ...workers]) contenders.push(peer("pack", count, size));
  }
  return contenders;
}

/** What contenders are given. */
export interface FeedGiven {
  readonly source: FeedSource;
  readonly records: readonly FaceRecord[];
  /** Packs by the size of their images. */
  readonly packs: Readonly<Record<string, string>>;
  readonly python: string | null;
}

/** Starts a contender and lets it warm up. Dispose it to end its process. */
export async function startContender(
  { by, way, workers, size }: FeedContender,
  { source, records, packs, python }: FeedGiven,
): Promise<LinePeer> {
  const pack = way === "pack" ? packs[sizeName(size)]! : null;
  const shared = { workers, size, batch: BATCH, pack };
  if (by === "ours") {
    const program = join(import.meta.dirname ?? ".", "feed_contender.ts");
    const peer = new LinePeer(Deno.execPath(), ["run", "-A", program]);
    await peer.ask({ ...shared, ...source, way } satisfies FeedJob);
    return peer;
  }
  const peer = new LinePeer(python!, peerArguments("feed_torch.py"));
  await peer.ask({ ...shared, paths: repeated(records.map(({ path }) => path)) });
  return peer;
}
