/** Which pack is read or made for pictures. */

import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { cachePath } from "../files/cache_folder.ts";
import { isNotThere, WriteError } from "../files/write_file.ts";
import { stampOf } from "../image/picture_file.ts";
import type { ReadsPictures } from "../image/reading/picture_reader.ts";
import type { PictureSize } from "../image/reading/read_picture.ts";
import { formatBytes } from "../numbers/text.ts";
import { Pack, PackWriter } from "./pack.ts";
import { PackedReader } from "./packed_reader.ts";

/** Where pictures are packed: by itself where that is worth it, in a file, or nowhere. */
export type PackWish = "auto" | "off" | { readonly file: string };

/** A picture that may be packed. */
interface PackedPicture {
  readonly image: string;
  readonly path: string;
}

/** What {@linkcode openPacked} is asked for. */
export interface PackedOptions {
  readonly wish: PackWish;
  /** Pictures of one data set. */
  readonly pictures: readonly PackedPicture[];
  readonly size: PictureSize;
  /** Whether a pack is made where there is none that can be used. */
  readonly isMade: boolean;
  /** Whether what cannot be written is an error, and a pack that lacks pictures is made again. */
  readonly isStrict?: boolean;
  /** Reads files; borrowed. */
  readonly reader: ReadsPictures;
  /** Hears what is done and why. */
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are free where a file is going to lie; as the system says by default. */
  readonly free?: (path: string) => Promise<number>;
}

/** So few are decoded in seconds, and packed only if that is asked for. */
export const FEW = 8192;
/** Bytes that are taken without being asked for: so many, and such a share of what is free. */
const MOST_BYTES = 8e9, MOST_SHARE = 0.1;
/** Share of the pictures that a pack may lack; they are read from their files. */
const MAY_LACK = 0.01;

/**
 * Opens the pack of pictures, or begins one.
 *
 * @returns Null where there is none, for which the reason has been told.
 */
export async function openPacked(given: PackedOptions): Promise<PackedReader | null> {
  // Several faces of one picture are one.
  const byPath = new Map(given.pictures.map((picture) => [picture.path, picture]));
  const pictures = [...byPath.values()];
  const options = { ...given, pictures };
  const { wish, size, isMade, log } = options;
  const path = pathOf(options);
  if (path === null) return null;
  const old = await openUsable(path, options);
  if (old) {
    log(`The faces are read from ${path}`);
    return new PackedReader({ ...options, ...old });
  }
  if (!isMade || wish === "auto" && !await hasRoom(path, options)) return null;
  try {
    const pack = await PackWriter.open(path, size, pictures.map(({ image }) => image));
    const places = new Map(pictures.map(({ path }, place) => [path, place]));
    const bytes = formatBytes(PackWriter.bytesOf(pictures.length, size));
    log(`The faces are packed into ${path} (${bytes}) when they are first decoded`);
    return new PackedReader({ ...options, pack, places });
  } catch (error) {
    const isRefused = error instanceof WriteError || error instanceof Deno.errors.Busy;
    if (options.isStrict || !isRefused) throw error;
    log(`${error.message}; faces are decoded each time`);
    return null;
  }
}

/** The file; null where none is wanted. */
function pathOf({ wish, pictures, size }: PackedOptions): string | null {
  if (wish === "off" || wish === "auto" && pictures.length <= FEW) return null;
  if (wish !== "auto") return wish.file;
  const folder = resolve(dirname(pictures[0]!.path));
  const key = createHash("sha256").update(folder).digest("hex").slice(0, 12);
  return cachePath(`packs/${key}-${size.height}x${size.width}.safetensors`);
}

/** A pack that has the pictures as they are; null if there is none. */
async function openUsable(
  path: string,
  options: PackedOptions,
): Promise<{ readonly pack: Pack; readonly places: Map<string, number> } | null> {
  const { size, pictures, isMade, log } = options;
  const then = isMade ? "it is made again" : "faces are decoded from their files";
  const pack = await Pack.open(path).catch((error) => {
    if (isNotThere(error)) return null;
    if (!(error instanceof SyntaxError)) throw error;
    log(`${error.message}; ${then}`);
    return null;
  });
  if (pack === null) return null;
  const { places, changed, lacking } = await compare(pack, options);
  const most = options.isStrict ? 0 : MAY_LACK * pictures.length;
  const isOther = pack.size.height !== size.height || pack.size.width !== size.width;
  if (!isOther && changed === 0 && lacking <= most) return { pack, places };
  const { height, width } = pack.size;
  const why = isOther
    ? `has pictures of ${height}x${width}, and ${size.height}x${size.width} are needed`
    : `is out of date: ${changed} of ${pictures.length} images have changed, ${lacking} are not in it`;
  if (isMade || isOther || changed > 0) log(`${path} ${why}; ${then}`);
  if (!isMade && !isOther) return { pack, places };
  pack[Symbol.dispose]();
  return null;
}

/** Pictures between two moments in which others may work. */
const AT_ONCE = 4096;

/** Holds a pack against the files of pictures: which it has as they are now, and what is wrong with others. */
async function compare(pack: Pack, { pictures, signal }: PackedOptions) {
  const known = new Map(pack.index.names.map((name, place) => [name, place]));
  const places = new Map<string, number>();
  let [changed, lacking] = [0, 0];
  for (const [at, { image, path }] of pictures.entries()) {
    if (at % AT_ONCE === 0) await setImmediate();
    signal?.throwIfAborted();
    const place = known.get(image);
    if (place === undefined) {
      lacking++;
      continue;
    }
    const stamp = stampOf(path);
    // Whoever reads it says that it is missing; one that could not be read before is tried again.
    if (stamp === null || !pack.index.present[place]) continue;
    const isSame = stamp.bytes === pack.index.bytes[place] &&
      stamp.modified === pack.index.modified[place];
    if (isSame) places.set(path, place);
    else changed++;
  }
  return { places, changed, lacking };
}

/** Whether there is room for a pack that nobody has asked for; says how to ask if there is not. */
async function hasRoom(
  path: string,
  { pictures, size, log, free: freeAt = freeBytes }: PackedOptions,
): Promise<boolean> {
  const bytes = PackWriter.bytesOf(pictures.length, size);
  const free = await freeAt(path);
  if (bytes <= Math.min(MOST_BYTES, MOST_SHARE * free)) return true;
  const needed = formatBytes(bytes);
  log(
    `Faces are decoded in every epoch: a pack of them takes ${needed}, which is more than is taken ` +
      "unasked. To have one: --pack FILE.safetensors, or the command pack beforehand",
  );
  return false;
}

/** Bytes that are free where a file is going to lie; 0 where that cannot be told. */
async function freeBytes(path: string): Promise<number> {
  for (let folder = dirname(resolve(path));; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch (error) {
      const isAbove = (error as { code?: unknown }).code === "ENOENT";
      if (!isAbove || folder === dirname(folder)) return 0;
    }
  }
}
