/** A run's log, read as it grows. */

import { type EpochEntry, parseLog } from "../../report/training_log.ts";
import { StepMeans } from "./step_means.ts";

/** Bytes that are read at once. */
const PART = 1 << 20;
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
  async #readPart(file: Deno.FsFile): Promise<boolean> {
    const part = await bytesAt(file, this.#at, PART);
    const length = part.lastIndexOf(NEWLINE) + 1;
    if (length === 0) return false;
    const lines = part.subarray(0, length);
    for (const line of new TextDecoder().decode(lines).split("\n")) this.#take(line);
    this.#at += length;
    this.#mark = lines.slice(-MARK);
    return part.length === PART;
  }

  #take(line: string): void {
    const { steps: [step], epochs: [epoch] } = parseLog(line === "" ? "" : line + "\n", this.#path);
    if (step) this.#steps.add(step);
    if (epoch) this.#epochs.set(epoch.epoch, epoch);
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
