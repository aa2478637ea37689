/**
 * Writing files so that a reader never meets half of one.
 *
 * @module
 */

import { dirname, join } from "node:path";

/** What the name of an unfinished file ends in: two processes that write the same file do not meet. */
const UNFINISHED = `.partial-${Deno.pid}`;

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
  /** Beside the target, so that the rename stays within one file system. */
  readonly #beside: string;
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(path: string, beside: string, file: Deno.FsFile) {
    this.#path = path;
    this.#beside = beside;
    this.#file = file;
  }

  /**
   * Starts a file that will be called `path`.
   *
   * @param ending What its name has at the end until then. One that is always the same lets a later
   * run replace what a killed one left; then the caller sees to it that only one process writes.
   */
  static async open(path: string, ending: string = UNFINISHED): Promise<FileWriter> {
    await Deno.mkdir(dirname(path), { recursive: true });
    const beside = path + ending;
    return new FileWriter(path, beside, await Deno.create(beside));
  }

  /** Appends text (UTF-8) or bytes. */
  write(data: Uint8Array | string): Promise<void> {
    return writeAll(this.#file, data);
  }

  /** Makes the file visible under its name, replacing one that was there. */
  async commit(): Promise<void> {
    await this.#file.sync();
    this.#close();
    await Deno.rename(this.#beside, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#close();
    await Deno.remove(this.#beside);
  }

  #close(): void {
    this.#open = false;
    this.#file.close();
  }
}

/** Writes text (UTF-8) or bytes where the file stands, however many writes that takes. */
export async function writeAll(file: Deno.FsFile, data: Uint8Array | string): Promise<void> {
  let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
}

/**
 * Opens a file to read and write, for this process alone, and makes it (and its folder) if it is
 * missing. The claim ends when the file is closed, or with the process, in whatever way that ends. Its
 * holder may remove the file, as long as it does so before it closes it.
 *
 * @returns Null if somebody else holds the file.
 */
export async function openExclusive(path: string): Promise<Deno.FsFile | null> {
  await Deno.mkdir(dirname(path), { recursive: true });
  while (true) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    // Some network file systems know no locks; there, nobody can be kept out.
    const isOurs = await file.tryLock(true).catch(() => true);
    if (isOurs && await isAt(file, path)) return file;
    file.close();
    if (!isOurs) return null;
  }
}

/** Whether the open file is the one at `path`: its holder before us may have removed it. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [open, there] = await Promise.all([file.stat(), Deno.stat(path)]);
    return open.ino === there.ino && open.dev === there.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
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
