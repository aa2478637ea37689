/** Writing files so that a reader never meets half of one. */

import { dirname, join } from "node:path";

/** What the name of a file ends in until it is finished. */
export const UNFINISHED = ".partial";

/** A file could not be written; the message names it and says why. */
export class WriteError extends Error {
  override readonly name = "WriteError";

  constructor(path: string, cause: unknown) {
    super(`Cannot write ${path}: ${systemReason(cause)}`, { cause });
  }
}

/** What the system says of a failure, without the call and its paths. */
export function systemReason(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof WriteError) return systemReason(cause);
  return message.replace(/(\(os error \d+\)).*$/s, "$1") || "the system does not say why";
}

/** How a file is finished. */
export interface WriteOptions {
  /**
   * Whether to flush to the disk, true by default. For small files the flush takes longest, and is not
   * worth it for those that can be made again.
   */
  readonly lasting?: boolean;
}

/** Writes a whole file beside its place and renames it there; makes the folder if it is missing. */
export async function writeFile(
  path: string,
  data: Uint8Array | string,
  options?: WriteOptions,
): Promise<void> {
  await using file = await FileWriter.open(path);
  await file.write(data);
  await file.commit(options);
}

/**
 * Writes a file piece by piece beside its place. Only {@linkcode FileWriter.commit} makes it visible;
 * disposing the writer without a commit removes what was written.
 *
 * Until then nobody else can write the same file. What a killed process leaves beside it is replaced by
 * the next one that does.
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
   * @param beside Where it is written; another place lets the holder of the usual one write it twice.
   * @throws {WriteError} If the system refuses, as all methods do.
   * @throws {Deno.errors.Busy} If another process is writing it.
   */
  static async open(path: string, beside: string = path + UNFINISHED): Promise<FileWriter> {
    const file = await written(path, openExclusive(beside));
    if (file === null) {
      throw new Deno.errors.Busy(
        `Cannot write ${path}: another process is writing it (holds ${beside})`,
      );
    }
    const writer = new FileWriter(path, beside, file);
    try {
      await written(path, file.truncate());
      return writer;
    } catch (error) {
      await writer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Appends text (UTF-8) or bytes. */
  async write(data: Uint8Array | string): Promise<void> {
    await written(this.#path, writeAll(this.#file, data));
  }

  /** The open file, for those who write at places of it, and read them. */
  get file(): Deno.FsFile {
    return this.#file;
  }

  /** Flushes to the disk. */
  async sync(): Promise<void> {
    await written(this.#path, this.#file.sync());
  }

  /** Makes the file visible under its name, replacing one that was there. */
  async commit({ lasting = true }: WriteOptions = {}): Promise<void> {
    if (lasting) await this.sync();
    // While it is held, so that it is nobody else's file that gets the name.
    await written(this.#path, renameOver(this.#beside, this.#path));
    this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    // The next writer replaces what cannot be removed; the first failure matters more.
    await Deno.remove(this.#beside).catch(() => {});
    this.#close();
  }

  #close(): void {
    this.#open = false;
    this.#file.close();
  }
}

/** Attempts on Windows, and milliseconds between them. */
const RENAMES = 10, RENAME_AGAIN = 100;

/**
 * Renames a file over another one. Windows refuses while the other is open, by a virus scanner for example,
 * so it is retried for a second.
 */
export async function renameOver(
  from: string,
  to: string,
  { os, rename, again }: RenameSystem = {
    os: Deno.build.os,
    rename: Deno.rename,
    again: RENAME_AGAIN,
  },
): Promise<void> {
  for (let left = os === "windows" ? RENAMES : 0;; left--) {
    try {
      return await rename(from, to);
    } catch (error) {
      const isHeld = error instanceof Deno.errors.PermissionDenied ||
        error instanceof Deno.errors.Busy;
      if (!isHeld || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, again));
    }
  }
}

interface RenameSystem {
  readonly os: typeof Deno.build.os;
  readonly rename: typeof Deno.rename;
  readonly again: number;
}

/** Turns a failure of `work` into a {@linkcode WriteError} that names the file. */
export async function written<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new WriteError(path, cause);
  }
}

/** Writes text (UTF-8) or bytes where the file stands, however many writes that takes. */
export async function writeAll(file: Deno.FsFile, data: Uint8Array | string): Promise<void> {
  let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
}

/**
 * Opens a file for reading and writing by this process alone; creates it and its folder if missing. The
 * lock ends when the file is closed or the process ends. Its holder may remove the file before closing it.
 *
 * @returns Null if somebody else holds the file.
 */
export async function openExclusive(path: string): Promise<Deno.FsFile | null> {
  await Deno.mkdir(dirname(path), { recursive: true });
  while (true) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    // Some network file systems know no locks; there, nobody can be kept out.
    const isOurs = await file.tryLock(true).catch(() => true);
    const isThere = isOurs && await isAt(file, path).catch((error) => {
      file.close();
      throw error;
    });
    if (isThere) return file;
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

export function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, jsonText(value));
}

/** JSON as it stands in a file: indented, with a newline at its end. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** For removals: `.catch(ignoreMissing)`. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Whether an error means that there is no such file, a broken link included. */
export function isNotThere(error: unknown): boolean {
  return NOT_THERE.some((kind) => error instanceof kind);
}

const { FilesystemLoop, NotADirectory, NotFound } = Deno.errors;
const NOT_THERE = [FilesystemLoop, NotADirectory, NotFound];

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
