/** Reading picture files of which nothing is known yet. */

import { isNotThere } from "../files/write_file.ts";

/** Largest file that is read: 64 megapixels without any compression take 200 MB. */
const MOST_BYTES = 256 * 2 ** 20;

/** A picture file as it was when it was read. */
export interface PictureFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** When it was last changed, in milliseconds since 1970; 0 where the system does not say. */
  readonly modified: number;
}

/**
 * The bytes of a picture file.
 *
 * @throws {TypeError} If it is no file but a folder, a device or a pipe, which may never end.
 * @throws {RangeError} If it is larger than 256 MiB.
 * @throws As `Deno.readFile`.
 */
export async function readPictureFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await openPictureFile(path)).bytes;
}

/** The same with the time of its last change. */
export async function openPictureFile(path: string): Promise<PictureFile> {
  const modified = checkedTime(await Deno.stat(path), path);
  return { bytes: await Deno.readFile(path), modified };
}

/** The same at once. */
export function openPictureFileSync(path: string): PictureFile {
  const modified = checkedTime(Deno.statSync(path), path);
  return { bytes: Deno.readFileSync(path), modified };
}

/** What tells a file from what it was before, without reading it; null where there is none. */
export function stampOf(
  path: string,
): { readonly bytes: number; readonly modified: number } | null {
  try {
    const info = Deno.statSync(path);
    return { bytes: info.size, modified: changeTime(info) };
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}

/** When a file was last changed, as in {@linkcode PictureFile}. */
function changeTime({ mtime }: Deno.FileInfo): number {
  return mtime?.getTime() ?? 0;
}

function checkedTime(info: Deno.FileInfo, path: string): number {
  if (!info.isFile) throw new TypeError(`${path} is not a file`);
  if (info.size <= MOST_BYTES) return changeTime(info);
  throw new RangeError(
    `${path} is too large for a picture: ${Math.ceil(info.size / 2 ** 20)} MiB`,
  );
}
