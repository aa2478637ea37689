/** The data set that comes with the program. */

import { dirname, join, resolve } from "node:path";
import { cachePath } from "../../files/cache_folder.ts";
import { exists } from "../../files/write_file.ts";
import { IS_BUNDLED, SAMPLE_MODULE } from "../../files/standalone.ts";

/** What {@linkcode SAMPLE_MODULE} exports. */
export interface CarriedSample {
  /** The name of its folder, which tells one sample from another. */
  readonly name: string;
  /** Contents in base64 by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The folder of the sample where the program runs from its source. */
const SAMPLE: string = join(import.meta.dirname ?? ".", "..", "..", "..", "data", "sample");

/**
 * The folder of the sample. A program in one file unpacks it, once, into the user's cache folder, or else
 * into the working directory.
 *
 * @throws {Error} If it can be unpacked into neither.
 */
export async function sampleFolder(): Promise<string> {
  if (!IS_BUNDLED) return SAMPLE;
  const module = new URL(SAMPLE_MODULE, import.meta.url);
  const sample: CarriedSample = await import(module.href);
  const folders = [cachePath(sample.name), resolve(`attparsenet-${sample.name}`)];
  let cause: unknown;
  for (const folder of folders) {
    if (folder === null) continue;
    try {
      await unpackSample(sample, folder);
      return folder;
    } catch (error) {
      cause = error;
    }
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`The sample can be unpacked nowhere: ${reason}`, { cause });
}

/** Unpacks into a folder beside and renames it, so that a folder of that name is whole. */
async function unpackSample({ files }: CarriedSample, folder: string): Promise<void> {
  if (await exists(folder)) return;
  await Deno.mkdir(dirname(folder), { recursive: true });
  const beside = await Deno.makeTempDir({ dir: dirname(folder), prefix: ".unpacking-" });
  try {
    for (const [path, base64] of Object.entries(files)) {
      await Deno.mkdir(join(beside, dirname(path)), { recursive: true });
      await Deno.writeFile(join(beside, path), Uint8Array.fromBase64(base64));
    }
    await Deno.rename(beside, folder);
  } catch (error) {
    await Deno.remove(beside, { recursive: true }).catch(() => {});
    // Another process may have been quicker.
    if (!await exists(folder)) throw error;
  }
}
