/**
 * The packing stage: the faces of a data set in one file, decoded and brought to a network's input size, so that
 * epochs and runs read them at random without decoding. Labels and points stay in the data set's files.
 *
 * @module
 */

import { type FaceCount, FaceCounter } from "./face/face_count.ts";
import { type InputSize, loadFaces, type OnReject } from "./face/faces.ts";
import type { FaceRecord } from "./face/record.ts";
import { PictureReader } from "./image/reading/picture_reader.ts";
import { openPacked } from "./pack/open_packed.ts";

export { FEW, openPacked, type PackWish } from "./pack/open_packed.ts";
export { Pack } from "./pack/pack.ts";
export type { PackIndex, PictureFacts } from "./pack/pack_index.ts";
export type { PackedReader } from "./pack/packed_reader.ts";

/** Options of {@linkcode pack}. */
export interface PackOptions {
  /** The faces; labels and points do not matter. */
  readonly records: AsyncIterable<FaceRecord>;
  /** Rows and columns of the network's input. */
  readonly size: InputSize;
  /** The file. */
  readonly out: string;
  /** Threads that decode, by default as many as there are cores. */
  readonly workers?: number | undefined;
  /** Stops the work, of which nothing is left then. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each picture with those done and all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Hears of faces that are left out, and why. */
  readonly onReject?: OnReject;
  /** Hears in a sentence what is done. */
  readonly log?: (line: string) => void;
}

/** What became of the faces. */
export interface Packed {
  /** The file. */
  readonly file: string;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** Those that are in it, and why others are not. */
  readonly count: FaceCount;
}

/**
 * Packs faces; a pack that has them already, as they are now, is read whole and left as it is if nothing in it
 * is damaged.
 *
 * @example Some faces of the sample
 * ```ts
 * import { openDataset, Pack, pack } from "@attparsenet/attparsenet";
 *
 * const folder = await Deno.makeTempDir();
 * const dataset = await openDataset("data/sample");
 * const records = dataset.records({ split: "test" });
 * const out = `${folder}/test.safetensors`;
 * const { count } = await pack({ records, size: { height: 109, width: 89 }, out });
 * console.log(count.used); // 72
 * using packed = await Pack.open(out);
 * console.log(packed.index.names[0], packed.pixels(0)!.length); // 3 · 109 · 89 bytes
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {WriteError} If the file cannot be written.
 * @throws {Deno.errors.Busy} If another process is writing it.
 * @throws {Error} If there are no faces, or none of them can be used.
 */
export async function pack(options: PackOptions): Promise<Packed> {
  const counter = new FaceCounter("pack");
  const records: FaceRecord[] = [];
  const reject: OnReject = (record, reason) => {
    counter.leave(record.image, reason);
    options.onReject?.(record, reason);
  };
  for await (const record of options.records) {
    options.signal?.throwIfAborted();
    counter.come();
    if (record.rejected !== null) reject(record, record.rejected);
    else records.push(record);
  }
  if (records.length === 0) throw new Error("There are no faces to pack");
  await using reader = new PictureReader({ workers: options.workers });
  let isWhole = await fill(records, reject, reader, options);
  // What was damaged has been removed.
  if (!isWhole) isWhole = await fill(records, reject, reader, options);
  const { out } = options;
  if (!isWhole) throw new Error(`Cannot pack: ${out} is damaged as soon as it is written`);
  return { file: out, bytes: (await Deno.stat(out)).size, count: counter.count };
}

/** Reads all faces through the pack. Returns whether it is whole. */
async function fill(
  records: readonly FaceRecord[],
  reject: OnReject,
  reader: PictureReader,
  { size, out, signal, onProgress, log = () => {} }: PackOptions,
): Promise<boolean> {
  const wish = { file: out };
  const parts = { wish, pictures: records, size, reader, log, signal };
  await using packed = await openPacked({ ...parts, isMade: true, isStrict: true });
  let done = 0;
  // Labels do not matter here, and a face without them is one.
  const source = records.map((record) => ({ ...record, labels: 0 }));
  for await (const _ of loadFaces(source, size, reject, { reader: packed! })) {
    signal?.throwIfAborted();
    onProgress?.(++done, records.length);
  }
  return !packed!.isDamaged;
}
