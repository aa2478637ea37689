/** Writing a data set as shards. */

import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type FaceCount, FaceCounter } from "../../face/face_count.ts";
import type { InputSize } from "../../face/faces.ts";
import type { FaceRecord } from "../../face/record.ts";
import { Claim } from "../../files/claim.ts";
import { ignoreMissing } from "../../files/write_file.ts";
import { PictureReader } from "../../image/reading/picture_reader.ts";
import { inputsOf, type PlannedShard, planShards } from "./plan.ts";
import { isAsMade, noteShards, noteWhole, readShards, type ShardEntry } from "./shard_index.ts";
import { writeShard } from "./write_shard.ts";

/** Options of {@linkcode exportShards}. */
export interface ExportShardsOptions {
  /** The faces. */
  readonly records: AsyncIterable<FaceRecord> | Iterable<FaceRecord>;
  /** How many shards, of all splits together; by default one for every 2,048 faces of a split. */
  readonly shards?: number | undefined;
  /** Size of the region bits. */
  readonly mask: InputSize;
  /** The folder; made if it is missing. */
  readonly out: string;
  /** Threads that look at the images, by default as many as there are cores. */
  readonly workers?: number | undefined;
  /** Stops the work; what is done is kept, and found by the next export into the folder. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the faces done and all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Hears of images that are left out, and why. */
  readonly onReject?: (image: string, reason: string) => void;
}

/** What an export has come to. */
export interface ExportedShards {
  /** Every shard in its order. */
  readonly shards: readonly ShardEntry[];
  /** How many of them were there already. */
  readonly kept: number;
  /** What became of the faces. */
  readonly count: FaceCount;
}

/** Hears of an image that is left out, and why. */
type LeaveOut = (image: string, reason: string) => void;

/** A shard that is to be there. */
interface Target {
  readonly plan: PlannedShard;
  /** Digest of what decides its bytes. */
  readonly inputs: string;
  /** Null as long as it is not there. */
  entry: ShardEntry | null;
}

/**
 * Writes the faces of a data set as shards in the layout of WebDataset, `{split}-{000000}.tar`, and
 * `shards.json` with what they hold. Faces are in the order of the data set; those that could not be trained on
 * (without split, points or labels, or with an image that cannot be decoded) are left out.
 *
 * The same faces make the same bytes. A shard appears whole. One that is there already, undamaged and of the
 * same faces and images, is kept; one that an earlier export made and this one would not is removed.
 *
 * @example Faces for other trainers
 * ```ts
 * import { exportShards, joinLandmarks, openDataset } from "@attparsenet/attparsenet";
 *
 * const out = await Deno.makeTempDir();
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ shard: { index: 1, count: 12 } });
 * const records = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const { shards } = await exportShards({ records, mask: { height: 54, width: 44 }, out });
 * for (const { file, faces, bytes } of shards) console.log(file, faces, bytes);
 * await Deno.remove(out, { recursive: true });
 * ```
 *
 * @throws {RangeError} If the faces cannot be spread over so many shards.
 * @throws {WriteError} If a file cannot be written.
 * @throws {Deno.errors.Busy} If another process is writing to the folder.
 * @throws {SyntaxError} If the folder's list of shards is damaged or of another version.
 * @throws {Error} If no face can be used.
 */
export async function exportShards(options: ExportShardsOptions): Promise<ExportedShards> {
  const { out } = options;
  const counter = new FaceCounter("export");
  const leaveOut: LeaveOut = (image, reason) => {
    counter.leave(image, reason);
    options.onReject?.(image, reason);
  };
  const plan = planShards(await usableRecords(options, counter, leaveOut), options.shards);
  await using _claim = await Claim.take(join(out, "export.lock"), out);
  const known = await readShards(out);
  const targets = await compare(plan, known.shards, options);
  const kept = entriesOf(targets);
  const isDone = kept.length === plan.length && known.shards.length === plan.length;
  if (!isDone || !known.isWhole) {
    await noteShards(out, kept, options.mask);
    await removeOthers(out, known.shards, plan);
    await writeMissing(targets, options);
    await noteWhole(out, entriesOf(targets), options.mask);
  }
  const shards = entriesOf(targets);
  for (const { image, reason } of shards.flatMap(({ leftOut }) => leftOut)) leaveOut(image, reason);
  return { shards, kept: kept.length, count: counter.count };
}

function entriesOf(targets: readonly Target[]): ShardEntry[] {
  return targets.flatMap(({ entry }) => entry ?? []);
}

/** The records that go into shards, as far as their images are not looked at. */
async function usableRecords(
  { records, signal }: ExportShardsOptions,
  counter: FaceCounter,
  leaveOut: LeaveOut,
): Promise<FaceRecord[]> {
  const usable: FaceRecord[] = [];
  for await (const record of records) {
    signal?.throwIfAborted();
    counter.come();
    const fault = faultIn(record);
    if (fault === null) usable.push(record);
    else leaveOut(record.image, fault);
  }
  if (usable.length === 0) throw new Error("There are no faces to export");
  return usable;
}

function faultIn({ rejected, split, points, labels }: FaceRecord): string | null {
  if (rejected !== null) return rejected;
  if (split === null) return "it has no split";
  if (points === null) return "it has no landmarks";
  return labels === null ? "it has no labels" : null;
}

/** Holds what is to be there against what is. */
async function compare(
  plan: readonly PlannedShard[],
  known: readonly ShardEntry[],
  { out, mask, signal }: ExportShardsOptions,
): Promise<Target[]> {
  const entries = new Map(known.map((entry) => [entry.file, entry]));
  const targets: Target[] = [];
  for (const shard of plan) {
    await setImmediate(); // Others may work, and stop this.
    signal?.throwIfAborted();
    const inputs = inputsOf(shard, mask);
    const entry = entries.get(shard.file);
    const isSame = entry?.inputs === inputs && await isAsMade(out, entry);
    targets.push({ plan: shard, inputs, entry: isSame ? entry : null });
  }
  return targets;
}

/** Removes the shards of an earlier export that are none of this one's, lest they be read with them. */
async function removeOthers(
  folder: string,
  known: readonly ShardEntry[],
  plan: readonly PlannedShard[],
): Promise<void> {
  const planned = new Set(plan.map(({ file }) => file));
  for (const { file } of known) {
    if (!planned.has(file)) await Deno.remove(join(folder, file)).catch(ignoreMissing);
  }
}

/** Writes the shards that are not there, one after the other. */
async function writeMissing(
  targets: readonly Target[],
  { out, mask, workers, signal, onProgress }: ExportShardsOptions,
): Promise<void> {
  await using reader = new PictureReader({ workers });
  const total = targets.reduce((sum, { plan }) => sum + plan.faces.length, 0);
  let before = 0;
  for (const target of targets) {
    const { plan, inputs } = target;
    if (!target.entry) {
      const onFace = (written: number) => onProgress?.(before + written, total);
      const entry = await writeShard({ shard: plan, mask, out, reader, signal, onFace });
      target.entry = { ...entry, inputs };
      await noteShards(out, entriesOf(targets), mask);
    }
    onProgress?.(before += plan.faces.length, total);
  }
}
