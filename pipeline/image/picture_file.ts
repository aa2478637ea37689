/** Reading picture files of which nothing is known yet. */

/** Largest file that is read: 64 megapixels without any compression take 200 MB. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * The bytes of a picture file.
 *
 * @throws {TypeError} If it is no file but a folder, a device or a pipe, which may never end.
 * @throws {RangeError} If it is larger than 256 MiB.
 * @throws As `Deno.readFile`.
 */
export async function readPictureFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  checkFile(await Deno.stat(path), path);
  return await Deno.readFile(path);
}

/** The same, at once. */
export function readPictureFileSync(path: string): Uint8Array<ArrayBuffer> {
  checkFile(Deno.statSync(path), path);
  return Deno.readFileSync(path);
}

function checkFile({ isFile, size }: Deno.FileInfo, path: string): void {
  if (!isFile) throw new TypeError(`${path} is not a file`);
  if (size <= MOST_BYTES) return;
  throw new RangeError(`${path} is too large for a picture: ${Math.ceil(size / 2 ** 20)} MiB`);
}
