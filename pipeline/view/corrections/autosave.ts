/** Brings a file up to its journal: soon after a change, and again later where it cannot be written now. */

import { basename } from "node:path";
import type { Events } from "../server/events.ts";

/** Milliseconds from the last change to the writing of the file. */
const SAVE_AFTER = 2000;

/** What is saved, and who is told of it. */
export interface AutosaveOptions {
  /** The file. */
  readonly path: string;
  /** Brings the file up to its journal, whole or not at all. */
  readonly write: () => Promise<void>;
  readonly events: Events;
  /** Told what goes wrong beside requests, each fault once until the file is written. */
  readonly onFault: (fault: string) => void;
  readonly saveAfter?: number | undefined;
}

/** Work on a file, one piece after the other; disposing it writes what is not written yet. */
export class Autosave implements AsyncDisposable {
  readonly #options: AutosaveOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;
  #isEnded = false;
  /** What went wrong last in reading and in writing, and has not come right. */
  #faults: { read?: string | undefined; write?: string | undefined } = {};
  #last: Promise<void> = Promise.resolve();

  constructor(options: AutosaveOptions) {
    this.#options = options;
  }

  /** What went wrong last, and has not come right. */
  get fault(): string | null {
    return this.#faults.read ?? this.#faults.write ?? null;
  }

  /** The journal has what the file lacks. */
  changed(): void {
    this.#tell("waiting", `Kept; ${this.#name} follows in a moment.`);
    this.#saveLater();
  }

  /** Reads the file while nothing else here works on it; what goes wrong is told, and that it has come right. */
  read(work: () => Promise<void>): Promise<void> {
    return this.#alone(async () => {
      try {
        await work();
        if (this.#faults.read && !this.#isDue) this.#tell("saved", `${this.#name} is there again.`);
        this.#faults.read = undefined;
      } catch (error) {
        this.#report("read", error);
      }
    });
  }

  /** Writes what is not written, if nobody else writes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.#alone(() => this.#save());
  }

  #alone(work: () => Promise<void>): Promise<void> {
    return this.#last = this.#last.then(work);
  }

  #saveLater(): void {
    this.#isDue = true;
    clearTimeout(this.#timer);
    if (this.#isEnded) return;
    const { saveAfter = SAVE_AFTER } = this.#options;
    this.#timer = setTimeout(() => this.#alone(() => this.#save()), saveAfter);
  }

  async #save(): Promise<void> {
    if (!this.#isDue) return;
    this.#isDue = false;
    try {
      await this.#options.write();
      this.#faults = {};
      this.#tell("saved", `${this.#name} has what you have corrected.`);
    } catch (error) {
      const isBusy = error instanceof Deno.errors.Busy;
      const why = isBusy
        ? `${this.#name} follows when \`landmarks\`, or who else writes it, has ended`
        : messageOf(error);
      if (!isBusy) this.#report("write", error);
      this.#tell("journal", `Kept in the journal; ${why}.`);
      this.#saveLater();
    }
  }

  get #name(): string {
    return basename(this.#options.path);
  }

  #tell(state: "saved" | "journal" | "waiting", text: string): void {
    this.#options.events.tell({ type: "saving", state, text });
  }

  #report(when: "read" | "write", error: unknown): void {
    const fault = messageOf(error);
    const isKnown = Object.values(this.#faults).includes(fault);
    this.#faults[when] = fault;
    if (isKnown) return;
    if (when === "read") this.#tell("journal", `${fault}.`);
    this.#options.onFault(fault);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}
