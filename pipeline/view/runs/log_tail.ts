/** A run's log, read as it grows. */

import { type EpochEntry, parseLog } from "../../report/training_log.ts";
import { LONGEST_LINE } from "../../train/files/log.ts";
import { StepMeans } from "./step_means.ts";

/** Bytes that are read at once: others are answered in between. */
const PART = 1 << 17;
/** Bytes before the place reached that tell whether the log is still the same one. */
const MARK = 256;
const NEWLINE = 10;

/** What a log says so far; memory grows with epochs alone. */
export class LogTail {
  readonly #path: string;
  #at = 0;
  #mark: Uint8Array = new Uint8Array();
  readonly #epochs = new Map<number, EpochEntry>();
  #steps = new StepMeans();
  #reading: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  get epochs(): EpochEntry[] {
    return [...this.#epochs.values()].sort((a, b) => a.epoch - b.epoch);
  }

  get steps(): StepMeans {
    return this.#steps;
  }

  /**
   * Reads what is new. A line without its end waits; a log that has become shorter, or another one, is read anew.
   *
   * @throws {SyntaxError} If a line is damaged.
   */
  read(): Promise<void> {
    // Two pages may ask at once.
    return this.#reading = this.#reading.catch(() => {}).then(() => this.#read());
  }

  async #read(): Promise<void> {
    const file = await Deno.open(this.#path).catch(() => null);
    if (file === null) return this.#restart();
    using _ = file;
    if (!await this.#isSame(file)) this.#restart();
    while (await this.#readPart(file));
  }

  #restart(): void {
    this.#at = 0;
    this.#steps = new StepMeans();
    this.#mark = new Uint8Array();
    this.#epochs.clear();
  }

  async #isSame(file: Deno.FsFile): Promise<boolean> {
    const found = await bytesAt(file, this.#at - this.#mark.length, this.#mark.length);
    return found.length === this.#mark.length && found.every((byte, i) => byte === this.#mark[i]);
  }

  /** Whether there is more. */
  async #readPart(file: Deno.FsFile, size = PART): Promise<boolean> {
    const part = await bytesAt(file, this.#at, size);
    const length = part.lastIndexOf(NEWLINE) + 1;
    const isMore = part.length === size;
    if (length === 0) return isMore && size < LONGEST_LINE && this.#readPart(file, 2 * size);
    const lines = part.subarray(0, length);
    const { steps, epochs } = parseLog(new TextDecoder().decode(lines), this.#path);
    for (const step of steps) this.#steps.add(step);
    for (const epoch of epochs) this.#epochs.set(epoch.epoch, epoch);
    this.#at += length;
    this.#mark = lines.slice(-MARK);
    return isMore;
  }
}

async function bytesAt(file: Deno.FsFile, from: number, count: number): Promise<Uint8Array> {
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(count);
  let length = 0;
  while (length < count) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
