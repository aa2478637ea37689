/** Corrects faces: journal first, then the landmarks file, and all pages are told. */

import { basename } from "node:path";
import { Corrections, type Outcome } from "../../landmarks/corrections/corrections.ts";
import { rejectedPath } from "../../landmarks/files/landmark_file.ts";
import type { FaceTable } from "../faces/face_table.ts";
import type { Events } from "../server/events.ts";
import { Overlay } from "./overlay.ts";
import { saveCorrections } from "./save_corrections.ts";

/** Milliseconds between looks at what other processes do to the files. */
const LOOK_EVERY = 1000;
/** Milliseconds from the last change to the writing of the file. */
const SAVE_AFTER = 2000;

/** What a corrector works with. */
interface CorrectorOptions {
  /** The landmarks file, which may not be there yet. */
  readonly path: string;
  readonly table: FaceTable;
  readonly events: Events;
  /** Told what goes wrong beside requests. */
  readonly onFault: (fault: string) => void;
  /** Ends the reading of the file. */
  readonly signal: AbortSignal;
  readonly saveAfter?: number;
}

/** Keeps what people say of the faces of one landmarks file; disposing it writes what is not written yet. */
export class Corrector implements AsyncDisposable {
  readonly #options: CorrectorOptions;
  readonly #corrections: Corrections;
  readonly #overlay: Overlay;
  /** Size and time of the files as they were read; null before. */
  #stamp: string | null = null;
  #watch: ReturnType<typeof setInterval> | undefined;
  #due: ReturnType<typeof setTimeout> | undefined;
  #fault: string | null = null;
  #isEnded = false;
  /** Reading and writing of the files, one after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(options: CorrectorOptions) {
    this.#options = options;
    this.#corrections = new Corrections(options.path);
    this.#overlay = new Overlay(options.table, this.#corrections);
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
    const look = () => void this.#alone(() => this.#look());
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
      throw new RangeError(this.#fault ?? reading);
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
    this.#tell("waiting", `Kept; ${basename(path)} follows in a moment.`);
    this.#saveSoon();
  }

  /** Writes what is not written, if nobody else writes. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    clearTimeout(this.#due);
    this.#isEnded = true;
    await this.#alone(() => this.#save());
  }

  #saveSoon(): void {
    clearTimeout(this.#due);
    if (this.#isEnded) return;
    const { saveAfter = SAVE_AFTER } = this.#options;
    this.#due = setTimeout(() => this.#alone(() => this.#save()), saveAfter);
  }

  /** Brings the files up to what the journal says; tries again later where they cannot be written. */
  async #save(): Promise<void> {
    // Before the files have been read there is nothing to compare with; the next start will do it.
    if (this.#stamp === null) return;
    const name = basename(this.#options.path);
    try {
      if (this.#overlay.lacking().size > 0) await this.#write();
      this.#tell("saved", `${name} has what you have corrected.`);
    } catch (error) {
      const isBusy = error instanceof Deno.errors.Busy;
      const why = isBusy ? "follows when `landmarks` has ended" : "could not be written";
      this.#tell("journal", `Kept in the journal; ${name} ${why}.`);
      if (!isBusy) this.#report(error);
      this.#saveSoon();
    }
  }

  async #write(): Promise<void> {
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

  #tell(state: "saved" | "journal" | "waiting", text: string): void {
    this.#options.events.tell({ type: "saving", state, text });
  }

  /** Looks whether others have changed the journal or the files. */
  async #look(): Promise<void> {
    if (this.#isEnded) return;
    const changed = await this.#corrections.read();
    const isNew = await this.#readFiles();
    if (changed.size === 0 && !isNew) return;
    this.#show();
    if (this.#overlay.lacking().size > 0) this.#saveSoon();
  }

  /** Reads the files, unless they are as they were. */
  async #readFiles(): Promise<boolean> {
    const { path, table, signal, events } = this.#options;
    const stamp = await stampOf(path);
    if (stamp === this.#stamp) return false;
    await table.readLandmarks(path, this.#isEnded ? undefined : signal);
    this.#stamp = stamp;
    this.#overlay.renew();
    events.tell({ type: "faces", version: table.version });
    return true;
  }

  /** One after the other; what goes wrong is told once. */
  #alone(work: () => Promise<void>): Promise<void> {
    return this.#last = this.#last.then(work).catch((error) => this.#report(error));
  }

  #report(error: unknown): void {
    const fault = error instanceof Error ? error.message : `${error}`;
    if (this.#options.signal.aborted && this.#stamp === null || fault === this.#fault) return;
    this.#fault = fault;
    this.#options.onFault(fault);
  }

  /** Shows what is new in the journal. */
  #show(): void {
    const { table, events } = this.#options;
    const before = table.version;
    this.#overlay.show();
    if (table.version !== before) events.tell({ type: "faces", version: table.version });
  }
}

/** Sizes and times of both files. */
async function stampOf(path: string): Promise<string> {
  const stats = [path, rejectedPath(path)].map((file) =>
    Deno.stat(file).then(({ size, mtime }) => `${size}@${mtime?.getTime()}`, () => "-")
  );
  return (await Promise.all(stats)).join();
}
