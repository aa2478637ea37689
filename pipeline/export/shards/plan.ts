/** Which faces lie in which shard, and under which key. */

import { createHash } from "node:crypto";
import { shardRange } from "../../dataset/shard.ts";
import type { InputSize } from "../../face/faces.ts";
import { type FaceRecord, type Split, SPLITS } from "../../face/record.ts";
import { bytesOf } from "../../files/safetensors.ts";
import { schemaOf } from "../../files/schema.ts";
import { stampOf } from "../../image/picture_file.ts";

/** A face with the name of its files in a shard. */
export interface KeyedFace {
  readonly record: FaceRecord;
  readonly key: string;
}

/** A shard that is to be there. */
export interface PlannedShard {
  /** Name of its file. */
  readonly file: string;
  readonly split: Split;
  readonly faces: readonly KeyedFace[];
}

/** Faces of a shard where nobody says how many shards there are. */
const FACES = 2048;

/**
 * Spreads faces over shards of about one size, in their order, each of one split.
 *
 * @param records With splits.
 * @param count How many shards; by default one for every 2,048 faces of a split.
 * @throws {RangeError} If there are fewer shards than splits with faces, or more than faces.
 */
export function planShards(records: readonly FaceRecord[], count?: number): PlannedShard[] {
  const keyOf = keys();
  const faces = Map.groupBy(
    records.map((record) => ({ record, key: keyOf(record.image) })),
    ({ record }) => record.split,
  );
  const splits = SPLITS.filter((split) => faces.has(split));
  const sizes = splits.map((split) => faces.get(split)!.length);
  const counts = count === undefined
    ? sizes.map((size) => Math.ceil(size / FACES))
    : spread(count, sizes);
  return splits.flatMap((split, at) =>
    Array.from({ length: counts[at]! }, (_, index) => {
      const [from, to] = shardRange(sizes[at]!, { index: index + 1, count: counts[at]! });
      const file = `${split}-${String(index).padStart(6, "0")}.tar`;
      return { file, split, faces: faces.get(split)!.slice(from, to) };
    })
  );
}

/** How many of `count` shards each split gets: one, and then always the one whose shards are the largest. */
function spread(count: number, sizes: readonly number[]): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (!Number.isInteger(count) || count < sizes.length || count > total) {
    throw new RangeError(
      `Cannot spread ${total} faces of ${sizes.length} splits over ${count} shards: ` +
        "a shard has one face at least, and faces of one split alone",
    );
  }
  const counts = sizes.map(() => 1);
  for (let left = count - sizes.length; left > 0; left--) {
    const means = sizes.map((size, at) => size / counts[at]!);
    counts[means.indexOf(Math.max(...means))]!++;
  }
  return counts;
}

/** Longest key, so that every name fits into the oldest tar header. */
const LONGEST = 80;

/**
 * Gives every image a key: its name without its ending, with `_` for what is no letter, digit, `-` or `_`, as
 * readers end a key at its first dot; and with a number where another image has that key.
 */
function keys(): (image: string) => string {
  const taken = new Set<string>();
  return (image) => {
    const stem = image.replace(/(?<=[^./])\.[^./]+$/, "").replaceAll(/[^\w-]+/g, "_");
    const first = stem.slice(0, LONGEST);
    let key = first;
    for (let again = 2; taken.has(key); again++) key = `${first}-${again}`;
    taken.add(key);
    return key;
  };
}

/**
 * A digest of everything that decides a shard's bytes: its faces' names, labels, points and boxes, the masks'
 * size, and how large and how old each image file is.
 */
export function inputsOf({ faces }: PlannedShard, { height, width }: InputSize): string {
  const hash = createHash("sha256").update(JSON.stringify([schemaOf("shards"), height, width]));
  for (const { record, key } of faces) {
    const { image, path, labels, box, points, split } = record;
    const stamp = stampOf(path);
    const state = stamp ? [stamp.bytes, stamp.modified] : [];
    hash.update(JSON.stringify([image, key, split, labels, box, ...state]));
    hash.update(bytesOf(points!));
  }
  return hash.digest("hex").slice(0, 32);
}
