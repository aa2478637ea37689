/** Bytes at places of files. */

/**
 * Fills bytes from a place of a file.
 *
 * @throws {RangeError} If the file ends before.
 */
export function readAt(file: Deno.FsFile, at: number, bytes: Uint8Array): void {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    const read = file.readSync(bytes.subarray(done));
    if (read === null) throw new RangeError("it is cut short");
    done += read;
  }
}

/** Writes bytes at a place of a file. */
export function writeAt(file: Deno.FsFile, at: number, bytes: Uint8Array): void {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
