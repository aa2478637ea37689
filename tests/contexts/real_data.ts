/**
 * Real data that is not part of this repository: the folder ATTPARSENET_TEST_DATA, or `../shared/data`
 * beside the repository. Tests that need it are skipped where it is missing.
 */

import { join } from "node:path";
import { exists } from "../../pipeline/files/write_file.ts";

const FOLDER = Deno.env.get("ATTPARSENET_TEST_DATA") ??
  join(import.meta.dirname ?? ".", "..", "..", "..", "shared", "data");

/** Path of a file or folder of the real data, or null, with one line that says so, if it is missing. */
export async function realData(...names: string[]): Promise<string | null> {
  const path = join(FOLDER, ...names);
  if (await exists(path)) return path;
  const line = `SKIPPED: there is no ${path} (ATTPARSENET_TEST_DATA names the folder).\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
  return null;
}

/** Unpacks the only file of a zip archive whose entry is deflated. */
export async function unzipTo(archive: string, target: string): Promise<void> {
  const zip = await Deno.readFile(archive);
  const view = new DataView(zip.buffer);
  // The end record (22 bytes, no comment) gives the directory, which gives the entry's sizes.
  const directory = view.getUint32(zip.length - 22 + 16, true);
  const size = view.getUint32(directory + 20, true);
  const header = view.getUint32(directory + 42, true);
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  await inflateTo(zip.subarray(start, start + size), "deflate-raw", target);
}

/** Unpacks a gzip file. */
export async function gunzipTo(archive: string, target: string): Promise<void> {
  await inflateTo(await Deno.readFile(archive), "gzip", target);
}

async function inflateTo(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionFormat,
  target: string,
): Promise<void> {
  const file = await Deno.create(target);
  await ReadableStream.from([bytes])
    .pipeThrough(new DecompressionStream(format))
    .pipeTo(file.writable);
}
