/** Writing one shard. */

import { join } from "node:path";
import { type Face, faultOf, type InputSize, loadFaces } from "../../face/faces.ts";
import { hexOf } from "../../files/hex_digest.ts";
import { readPictureFile } from "../../image/picture_file.ts";
import type { ReadsPictures } from "../../image/reading/picture_reader.ts";
import { mapInOrder } from "../../streams/map_in_order.ts";
import { type Member, membersOf } from "./face_members.ts";
import type { PlannedShard } from "./plan.ts";
import type { ShardEntry } from "./shard_index.ts";
import { TarWriter } from "./tar_writer.ts";

/** What {@linkcode writeShard} is asked for. */
export interface ShardJob {
  readonly shard: PlannedShard;
  /** Size of the region bits. */
  readonly mask: InputSize;
  /** The folder. */
  readonly out: string;
  /** Decodes the images; borrowed. */
  readonly reader: ReadsPictures;
  readonly signal?: AbortSignal | undefined;
  /** Called after each face with how many are in the shard. */
  readonly onFace: (written: number) => void;
}

/** Faces whose image files are read ahead. */
const AHEAD = 16;

/** An image is decoded to see whether it can be, and its pixels are not used. */
const NO_PIXELS: InputSize = { height: 1, width: 1 };

/**
 * Writes the shard's file, which is there when it is whole.
 *
 * @returns What is to be known of it besides the digest of its inputs.
 * @throws {WriteError} If it cannot be written.
 */
export async function writeShard(job: ShardJob): Promise<Omit<ShardEntry, "inputs">> {
  const { shard: { file, split, faces }, out, mask, reader, signal } = job;
  const faults = new Map<string, string>();
  // Shards travel, and where their images lay does not matter elsewhere.
  const reject = ({ image, path }: { image: string; path: string }, reason: string) =>
    void faults.set(image, reason.replaceAll(path, image));
  const keys = new Map(faces.map(({ record, key }) => [record.image, key]));
  const members = (face: Face) =>
    readMembers(face, keys.get(face.record.image)!, mask).catch((error) => {
      reject(face.record, faultOf(error));
      return null;
    });
  await using tar = await TarWriter.open(join(out, file));
  const loaded = loadFaces(faces.map(({ record }) => record), NO_PIXELS, reject, { reader });
  let written = 0;
  for await (const face of mapInOrder(loaded, members, AHEAD, signal)) {
    for (const { name, bytes } of face ?? []) await tar.add(name, bytes);
    if (face) job.onFace(++written);
  }
  // In the order of the faces, not in that of the threads.
  const leftOut = faces.flatMap(({ record: { image } }) => {
    const reason = faults.get(image);
    return reason === undefined ? [] : [{ image, reason }];
  });
  return { file, split, faces: written, ...await tar.commit(), leftOut };
}

async function readMembers(face: Face, key: string, mask: InputSize): Promise<Member[]> {
  const image = await readPictureFile(face.record.path);
  if (hexOf(image, 16) !== face.digest) throw new Error("it has changed while it was read");
  return membersOf(face, key, image, mask);
}
