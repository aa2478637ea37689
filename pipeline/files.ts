/**
 * Writing files so that a reader never meets half of one.
 *
 * @module
 */

import { dirname, join } from "node:path";

/** Beside the target, so that the rename stays within one file system. */
function besideOf(path: string): string {
  return `${path}.partial-${Deno.pid}`;
}

/** Writes a whole file beside its place and renames it there; makes the folder if it is missing. */
export async function writeFile(path: string, data: Uint8Array | string): Promise<void> {
  await using file = await FileWriter.open(path);
  await file.write(data);
  await file.commit();
}

/**
 * Writes a file piece by piece beside its place. Only {@linkcode FileWriter.commit} makes it visible;
 * disposing the writer without a commit removes what was written.
 */
export class FileWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Starts a file that will be called `path`. */
  static async open(path: string): Promise<FileWriter> {
    await Deno.mkdir(dirname(path), { recursive: true });
    return new FileWriter(path, await Deno.create(besideOf(path)));
  }

  /** Appends text (UTF-8) or bytes. */
  async write(data: Uint8Array | string): Promise<void> {
    let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
    while (rest.length > 0) rest = rest.subarray(await this.#file.write(rest));
  }

  /** Makes the file visible under its name, replacing one that was there. */
  async commit(): Promise<void> {
    await this.#file.sync();
    this.#close();
    await Deno.rename(besideOf(this.#path), this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#close();
    await Deno.remove(besideOf(this.#path));
  }

  #close(): void {
    this.#open = false;
    this.#file.close();
  }
}

/** Writes a JSON file, indented, with a newline at its end. */
export function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, JSON.stringify(value, null, 2) + "\n");
}

/** Whether something lies at `path`. */
export async function exists(...path: string[]): Promise<boolean> {
  try {
    await Deno.stat(join(...path));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
