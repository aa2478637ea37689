/** What is known of the shards in a folder: `shards.json`, and `unfinished.json` while some are missing. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { ATTRIBUTE_REGIONS, REGIONS } from "../../face/regions.ts";
import type { InputSize } from "../../face/faces.ts";
import { type Split, SPLITS } from "../../face/record.ts";
import { count, fields, list, oneOf, text } from "../../files/json_shape.ts";
import { readJsonText } from "../../files/json_text.ts";
import { parseMarked, schemaOf } from "../../files/schema.ts";
import { ignoreMissing, isNotThere, writeJson } from "../../files/write_file.ts";

/** A shard that is there. */
export interface ShardEntry {
  /** Name of its file. */
  readonly file: string;
  /** The split of all its faces. */
  readonly split: Split;
  /** Faces in it. */
  readonly faces: number;
  /** Bytes of its file. */
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
  /** Digest of what it was made from. */
  readonly inputs: string;
  /** Faces that were to be in it and are not, because of their images. */
  readonly leftOut: readonly { readonly image: string; readonly reason: string }[];
}

/** Names of the files. */
const WHOLE = "shards.json", UNFINISHED = "unfinished.json";

/** No file but a shard is removed because of what an index says. */
function shardName(value: unknown): string | null {
  return /^(?:train|validation|test)-\d{6}\.tar$/.test(String(value)) ? null : " names no shard";
}

const SHAPE = fields({
  shards: list(fields({
    ...{ file: shardName, split: oneOf(...SPLITS), faces: count, bytes: count },
    ...{ sha256: text, inputs: text },
    leftOut: list(fields({ image: text, reason: text })),
  })),
});

/** The entries of a folder. */
export interface KnownShards {
  readonly shards: readonly ShardEntry[];
  /** Whether that is all of them. */
  readonly isWhole: boolean;
}

/**
 * Reads what is known of a folder's shards.
 *
 * @throws {SyntaxError} With the path, if the file is damaged or of another version.
 */
export async function readShards(folder: string): Promise<KnownShards> {
  for (const name of [UNFINISHED, WHOLE]) {
    const path = join(folder, name);
    const content = await readJsonText(path).catch((error) => {
      if (isNotThere(error)) return null;
      throw error;
    });
    if (content === null) continue;
    const value = parseMarked("shards", content, path);
    const misfit = SHAPE(value);
    if (misfit !== null) throw new SyntaxError(`${path}:1: the index${misfit}`);
    return { shards: value.shards as ShardEntry[], isWhole: name === WHOLE };
  }
  return { shards: [], isWhole: false };
}

/** Notes the shards that are there while others are missing; the folder does not look whole meanwhile. */
export async function noteShards(
  folder: string,
  shards: readonly ShardEntry[],
  mask: InputSize,
): Promise<void> {
  await writeJson(join(folder, UNFINISHED), indexOf(shards, mask));
  await Deno.remove(join(folder, WHOLE)).catch(ignoreMissing);
}

/** Notes that all shards are there. */
export async function noteWhole(
  folder: string,
  shards: readonly ShardEntry[],
  mask: InputSize,
): Promise<void> {
  await writeJson(join(folder, WHOLE), indexOf(shards, mask));
  await Deno.remove(join(folder, UNFINISHED)).catch(ignoreMissing);
}

function indexOf(shards: readonly ShardEntry[], { height, width }: InputSize) {
  const facesOf = (split: Split) =>
    shards.reduce((sum, shard) => sum + (shard.split === split ? shard.faces : 0), 0);
  return {
    schema: schemaOf("shards"),
    faces: Object.fromEntries(SPLITS.map((split) => [split, facesOf(split)])),
    bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
    mask: { height, width },
    regions: REGIONS,
    attributes: ATTRIBUTE_REGIONS,
    shards,
  };
}

/** Whether a shard's file is as it was when it was made. */
export async function isAsMade(
  folder: string,
  { file, bytes, sha256 }: ShardEntry,
): Promise<boolean> {
  try {
    using open = await Deno.open(join(folder, file));
    if ((await open.stat()).size !== bytes) return false;
    const hash = createHash("sha256");
    for await (const chunk of open.readable) hash.update(chunk);
    return hash.digest("hex") === sha256;
  } catch (error) {
    if (isNotThere(error)) return false;
    throw error;
  }
}
