/** Claims to a place on the disk, so that two processes never write to it at the same time. */

import { openExclusive, writeAll, written } from "./write_file.ts";

/**
 * A lock file with the number of its process. The claim ends when it is disposed, or with the process, in
 * whatever way that ends: a file that a killed process left claims nothing.
 */
export class Claim implements AsyncDisposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Claims `place` by the lock file `path`.
   *
   * @param place Completes "Cannot write to".
   * @throws {Deno.errors.Busy} If another process has claimed it; the message names both.
   * @throws {WriteError} If the system refuses.
   */
  static async take(path: string, place: string): Promise<Claim> {
    const file = await written(path, openExclusive(path));
    if (file === null) {
      const holder = await holderOf(path);
      throw new Deno.errors.Busy(
        `Cannot write to ${place}: another process does (holds ${path}${holder})`,
      );
    }
    const claim = new Claim(file, path);
    try {
      await written(path, file.truncate());
      await written(path, writeAll(file, `${Deno.pid}\n`));
      return claim;
    } catch (error) {
      await claim[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Removed while it is held, so that nobody else's is; what stays claims nothing.
    await Deno.remove(this.#path).catch(() => {});
    this.#file.close();
  }
}

/** `, process 1234`, or nothing where the system keeps others from reading a locked file. */
async function holderOf(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return /^\d+$/.test(text.trim()) ? `, process ${text.trim()}` : "";
}

/**
 * Whether a process holds the claim of a lock file. A file that has just been written counts as held, for its
 * holder may be about to lock it, and must not find it locked.
 */
export async function isClaimed(path: string): Promise<boolean> {
  const file = await Deno.open(path).catch(() => null);
  if (file === null) return false;
  using _ = file;
  const { mtime } = await file.stat();
  if (mtime !== null && Date.now() - mtime.getTime() < STARTING) return true;
  // On a file system without locks it is taken to be held, as it goes with its holder.
  return !await file.tryLock(false).catch(() => false);
}

/** Milliseconds in which a lock file's writer has surely locked it. */
const STARTING = 2000;
