/** A file of lines that several processes add to, none without having read what the others have added. */

import { dirname } from "node:path";
import { isNotThere, writeAll, written } from "../write_file.ts";

const LINE_FEED = 10;

/** A line of the file, without its line feed, and its number, the first being 1. */
export interface SharedLine {
  readonly line: number;
  readonly text: string;
}

/**
 * Lines of text in one file. What stands behind the last line feed is the torn line of a process that was
 * killed: it is not read, and the next line takes its place.
 */
export class SharedLines {
  readonly path: string;
  /** Bytes, and lines, that have been read. */
  #end = 0;
  #lines = 0;
  /** One after the other in this process. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The lines that have come since the last call; none where there is no file.
   *
   * @throws {Error} If lines that were read are gone.
   */
  read(): Promise<SharedLine[]> {
    return this.#alone(async () => {
      try {
        using file = await Deno.open(this.path);
        return await this.#readOn(file);
      } catch (error) {
        if (!isNotThere(error) || this.#end > 0) throw error;
        return [];
      }
    });
  }

  /**
   * Adds a line while no other process does; it is on the disk when this ends.
   *
   * @param make Gives the line, having seen those that have come since the last call; null adds none.
   * @throws {WriteError} If the system refuses.
   */
  append(make: (fresh: readonly SharedLine[]) => string | null): Promise<void> {
    return this.#alone(async () => {
      await written(this.path, Deno.mkdir(dirname(this.path), { recursive: true }));
      const opening = Deno.open(this.path, { read: true, write: true, create: true });
      using file = await written(this.path, opening);
      // Some network file systems know no locks; there, nobody can be kept out.
      await file.lock(true).catch(() => {});
      const text = make(await this.#readOn(file));
      if (text === null) return;
      await written(this.path, this.#writeEnd(file, text + "\n"));
      this.#lines++;
    });
  }

  async #writeEnd(file: Deno.FsFile, text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    await file.truncate(this.#end);
    await file.seek(this.#end, Deno.SeekMode.Start);
    await writeAll(file, bytes);
    await file.sync();
    this.#end += bytes.length;
  }

  async #readOn(file: Deno.FsFile): Promise<SharedLine[]> {
    const { size } = await file.stat();
    if (size < this.#end) {
      throw new Error(`${this.path} has lost lines since it was read: start the command anew`);
    }
    const bytes = new Uint8Array(size - this.#end);
    await file.seek(this.#end, Deno.SeekMode.Start);
    let length = 0;
    while (length < bytes.length) {
      const read = await file.read(bytes.subarray(length));
      if (read === null) break;
      length += read;
    }
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED, length - 1) + 1);
    this.#end += whole.length;
    const texts = new TextDecoder().decode(whole).split("\n").slice(0, -1);
    return texts.map((text) => ({ line: ++this.#lines, text }));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.catch(() => {}).then(work);
    this.#last = result;
    return result;
  }
}
