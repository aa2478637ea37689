/**
 * A contender of `feed_bench.ts` in a process of its own. Answers the first line, a {@linkcode FeedJob}, with an
 * empty object once it is warm, and each other one, whatever it holds, with a {@linkcode FeedRound}.
 */

import "../../../pipeline/cli/environment.ts";
import { type Face, loadFaces } from "../../../pipeline/face/faces.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { decodePixels, openPictureFileSync, resizeImage } from "../../../pipeline/image/image.ts";
import { PictureReader } from "../../../pipeline/image/reading/picture_reader.ts";
import type { PictureSize } from "../../../pipeline/image/reading/read_picture.ts";
import { maskSize } from "../../../pipeline/network/network.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { mapInOrder } from "../../../pipeline/streams/map_in_order.ts";
import { BatchFeed } from "../../../pipeline/train/faces/batch_feed.ts";
import { RunPictures } from "../../../pipeline/train/faces/run_pictures.ts";
import { print } from "../measuring.ts";
import { SEED } from "../random_batch.ts";
import { facesOf, type FeedSource, repeated } from "./feed_source.ts";

/** What is measured: a part of the way from a file to a batch, or all of it. */
export type FeedWay = "file" | "decode" | "resize" | "reader" | "jpeg" | "pack";

/** The work of a contender. */
export interface FeedJob extends FeedSource {
  readonly way: FeedWay;
  /** Threads that read images besides the main one; 0 for parts, and for the pack, which need none. */
  readonly workers: number;
  /** Rows and columns that images are brought to. */
  readonly size: PictureSize;
  /** Images a batch. */
  readonly batch: number;
  /** The pack that is read; null where images are decoded. */
  readonly pack: string | null;
}

/** What a round took. */
export interface FeedRound {
  readonly images: number;
  readonly seconds: number;
  /** Processor time of all threads, in seconds. */
  readonly cpu: number;
}

/** A pass over all faces: how many they were. */
type Pass = () => Promise<number>;

/** A round is made of so many passes that it lasts this long at least, in seconds. */
const ROUND = 1;
/** Files that are held in memory for a part. */
const FEW = 512;
/** Does a part of the work with every image, one after the other. */
function partPass<T>(items: readonly T[], work: (item: T) => unknown): Pass {
  return async () => {
    for (const item of items) await work(item);
    return items.length;
  };
}

async function passOf(job: FeedJob): Promise<Pass> {
  const records = await facesOf(job);
  const { way, size: { width, height }, workers } = job;
  if (way === "jpeg" || way === "pack") return await feedPass(job, records);
  if (way === "reader") return readerPass(new PictureReader({ workers }), records, job.size);
  const paths = records.map(({ path }) => path);
  if (way === "file") return partPass(paths, openPictureFileSync);
  const files = paths.slice(0, FEW).map((path) => openPictureFileSync(path).bytes);
  if (way === "decode") return partPass(files, (bytes) => decodePixels(bytes));
  const images = await Promise.all(files.map((bytes) => decodePixels(bytes)));
  return partPass(images, (image) => resizeImage(image, width, height));
}

/** Reads the files on threads, in their order. */
function readerPass(
  reader: PictureReader,
  records: readonly FaceRecord[],
  size: PictureSize,
): Pass {
  const wanted = repeated(records).map(({ path }) => ({ path, size, useDamaged: false }));
  return async () => {
    let images = 0;
    const read = mapInOrder(wanted, (request) => reader.read(request), reader.window);
    for await (const { pixels } of read) images += Number(pixels !== null);
    return images;
  };
}

/** Takes all batches of an epoch, as training does, each epoch in another order. */
async function feedPass(job: FeedJob, records: readonly FaceRecord[]): Promise<Pass> {
  const { size, batch, workers, pack } = job;
  const preset = size.width < 100 ? "residual" : "paper";
  const config = trainConfig(preset);
  const network = { ...config.network, input: size };
  const pictures = new RunPictures({
    ...{ records: streamOf(records), out: "", backend: undefined as never, workers },
    config: { ...config, network },
    // Nothing is kept, so that every epoch is like the first one of many faces.
    ...{ pixelBudget: 0, ...(pack !== null && { pack: { file: pack } }) },
  });
  await pictures.open(records);
  const reject = ({ image }: FaceRecord, reason: string) => {
    throw new Error(`${image}: ${reason}`);
  };
  const options = { reader: pictures, headersOnly: true };
  const faces = repeated(await Array.fromAsync(loadFaces(records, size, reject, options)));
  const plan = {
    ...{ input: size, mask: maskSize(network), augmentation: config.augmentation },
    pixelsOf: (face: Face) => pictures.pixelsOf(face),
  };
  let epoch = 0;
  return async () => {
    const { state } = new Random(SEED + epoch++);
    const at = { batch: 0, random: { order: state, changes: state } };
    const feed = new BatchFeed(faces, at, { plan, batch, reject, ahead: pictures });
    let images = 0;
    for (; feed.next; feed.advance()) images += (await feed.next).faces.length;
    return images;
  };
}

async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function measured(pass: Pass): Promise<FeedRound> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  let [images, seconds] = [0, 0];
  while (seconds < ROUND) {
    images += await pass();
    seconds = (performance.now() - start) / 1000;
  }
  const { user, system } = process.cpuUsage(before);
  return { images, seconds, cpu: (user + system) / 1e6 };
}

if (import.meta.main) {
  let pass: Pass | null = null;
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    if (pass === null) {
      pass = await passOf(JSON.parse(line));
      // Compiles, and starts the threads.
      await pass();
    }
    print(JSON.stringify(await measured(pass)));
  }
  Deno.exit();
}
