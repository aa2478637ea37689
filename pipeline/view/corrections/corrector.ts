/** Corrects faces: journal first, then the landmarks file, and all pages are told. */

import { basename } from "node:path";
import { exists } from "../../files/write_file.ts";
import { Corrections, type Outcome } from "../../landmarks/corrections/corrections.ts";
import { rejectedPath } from "../../landmarks/files/landmark_file.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { Autosave, type AutosaveOptions } from "./autosave.ts";
import { Overlay } from "./overlay.ts";
import { originalPath, saveCorrections } from "./save_corrections.ts";

/** Milliseconds between looks at what other processes do to the files. */
const LOOK_EVERY = 1000;

/** What a corrector works with; the file is that of the landmarks, which may not be there yet. */
interface CorrectorOptions extends Omit<AutosaveOptions, "write"> {
  readonly table: FaceTable;
  /** Ends the reading of the file. */
  readonly signal: AbortSignal;
}

/** Keeps what people say of the faces of one landmarks file; disposing it writes what is not written yet. */
export class Corrector implements AsyncDisposable {
  readonly #options: CorrectorOptions;
  readonly #corrections: Corrections;
  readonly #overlay: Overlay;
  readonly #saving: Autosave;
  /** Size and time of the files as they were read; null before. */
  #stamp: string | null = null;
  #watch: ReturnType<typeof setInterval> | undefined;
  #isEnded = false;

  private constructor(options: CorrectorOptions) {
    this.#options = options;
    this.#corrections = new Corrections(options.path);
    this.#overlay = new Overlay(options.table, this.#corrections);
    this.#saving = new Autosave({
      ...options,
      write: () => this.#write(),
      // Reading that was given up is no fault.
      onFault: (fault) => options.signal.aborted && this.#stamp === null || options.onFault(fault),
    });
  }

  /**
   * Reads the journal.
   *
   * @throws {SyntaxError} With `path:line`, if a line of it is no correction.
   */
  static async open(options: CorrectorOptions): Promise<Corrector> {
    const corrector = new Corrector(options);
    await corrector.#corrections.read();
    return corrector;
  }

  /** Reads the landmarks file, and from then on watches what others do to it and to the journal. */
  begin(): void {
    const look = () => void this.#saving.read(() => this.#look());
    this.#watch = setInterval(look, LOOK_EVERY);
    look();
  }

  /**
   * Keeps what a person says of a face; it is on the disk when this ends.
   *
   * @param revision The face's, as it was looked at.
   * @param outcome Null for what the search had said.
   * @throws {Conflict} If it has another one.
   * @throws {RangeError} If the face cannot be corrected; in a sentence for the user.
   */
  async change(id: number, revision: number, outcome: Outcome | null): Promise<void> {
    const { table, path } = this.#options;
    const image = table.name(id);
    const before = table.outcome(id);
    const fault = table.fault(id);
    if (fault !== null) throw new RangeError(`${image} cannot be corrected: ${fault}.`);
    if (before === null || this.#stamp === null) {
      const reading = `${basename(path)} is still being read: try again in a moment.`;
      throw new RangeError(this.#saving.fault ?? reading);
    }
    const isFresh = revision === this.#corrections.revision(image);
    if (outcome === null && isFresh && this.#corrections.byHand(image) === null) {
      throw new RangeError(`${image} has no correction to take back.`);
    }
    try {
      if (outcome) await this.#corrections.correct(image, revision, outcome, before);
      else await this.#corrections.takeBack(image, revision);
    } finally {
      this.#show();
    }
    this.#saving.changed();
  }

  /** Writes what is not written, if nobody else writes. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    this.#isEnded = true;
    await this.#saving[Symbol.asyncDispose]();
  }

  /** Brings the files up to what the journal says. */
  async #write(): Promise<void> {
    if (this.#overlay.lacking().size === 0) return;
    const { path, table } = this.#options;
    const saved = await saveCorrections(path, {
      lacking: async () => {
        await this.#corrections.read();
        await this.#readFiles();
        this.#show();
        return this.#overlay.lacking();
      },
      recordOf: (image) => table.record(table.idOf(image)),
    });
    if (saved.size === 0) return;
    this.#stamp = await stampOf(path);
    this.#overlay.written(saved);
  }

  /** Looks whether others have changed the journal or the files. */
  async #look(): Promise<void> {
    if (this.#isEnded) return;
    const changed = await this.#corrections.read();
    const isNew = await this.#readFiles();
    if (changed.size === 0 && !isNew) return;
    this.#show();
    if (this.#overlay.lacking().size > 0) this.#saving.changed();
  }

  /** Reads the files, unless they are as they were. */
  async #readFiles(): Promise<boolean> {
    const { path, table, signal, events } = this.#options;
    const stamp = await stampOf(path);
    if (stamp === this.#stamp) return false;
    const isLost = this.#stamp === null
      ? stamp.startsWith("-") && await exists(originalPath(path))
      : isGone(stamp) && !isGone(this.#stamp);
    if (isLost) {
      // Made anew, it would have nothing but what was corrected.
      throw new Error(
        `${basename(path)} is gone: put it back; what you have corrected is kept in the journal`,
      );
    }
    await table.readLandmarks(path, this.#isEnded ? undefined : signal);
    this.#stamp = stamp;
    this.#overlay.renew();
    events.tell({ type: "faces", version: table.version });
    return true;
  }

  /** Shows what is new in the journal. */
  #show(): void {
    const { table, events } = this.#options;
    const before = table.version;
    this.#overlay.show();
    if (table.version !== before) events.tell({ type: "faces", version: table.version });
  }
}

/** Whether the landmarks are not there, or empty. */
function isGone(stamp: string): boolean {
  return /^(-|0@)/.test(stamp);
}

/** Sizes and times of both files, the landmarks first. */
async function stampOf(path: string): Promise<string> {
  const stats = [path, rejectedPath(path)].map((file) =>
    Deno.stat(file).then(({ size, mtime }) => `${size}@${mtime?.getTime()}`, () => "-")
  );
  return (await Promise.all(stats)).join();
}
