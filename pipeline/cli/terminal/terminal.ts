/**
 * Where a command writes: results to stdout, everything a person only watches to stderr.
 *
 * | | default | `--json` | `--quiet` |
 * |---|---|---|---|
 * | `say`: results for a person | stdout | stderr | nothing |
 * | `note`, progress | stderr | stderr | nothing |
 * | `record`: NDJSON that was asked for | stdout | stdout | stdout |
 * | `json`: the last line | nothing | stdout | with `--json` |
 *
 * A command whose stdout another program reads (`--out -`) keeps it for records alone: see
 * {@linkcode Terminal.takeStdout}.
 */

import { Cancellation } from "../../streams/cancellation.ts";
import { inert } from "../../files/quoted.ts";
import { RunningProgress } from "./running_progress.ts";
import { type Sink, STDERR, STDOUT } from "./sink.ts";

/** Told how much is done; `total` is null if unknown. */
export type OnProgress = (done: number, total: number | null) => void;

interface TerminalOptions {
  readonly quiet: boolean;
  readonly json: boolean;
}

/** See {@linkcode Terminal.lister}. */
interface Lister {
  add(line: string): void;
  /** Ends the list; returns its length. */
  end(): number;
}

/** Things of a list that are shown. */
const LISTED = 10;

export class Terminal {
  readonly #quiet: boolean;
  readonly #json: boolean;
  readonly #out: Sink;
  readonly #err: Sink;
  #taken = false;
  #running: RunningProgress | null = null;

  constructor({ quiet, json }: TerminalOptions, out: Sink = STDOUT, err: Sink = STDERR) {
    this.#quiet = quiet;
    this.#json = json;
    this.#out = out;
    this.#err = err;
  }

  /** A result for a person: a table, the path of a report. */
  say(text: string): void {
    if (this.#quiet) return;
    this.#above(() => this.#human.write(inert(text) + "\n"));
  }

  /** Something worth knowing while the command works. */
  note(line: string): void {
    if (!this.#quiet) this.#above(() => this.#err.write(inert(line) + "\n"));
  }

  /** An error or a warning, which is written whatever was asked for. */
  warn(line: string): void {
    this.#above(() => this.#err.write(inert(line) + "\n"));
  }

  /**
   * Keeps stdout for {@linkcode record}, because another program reads it: all else goes to stderr,
   * the line of `--json` too.
   */
  takeStdout(): void {
    this.#taken = true;
  }

  /** Whether a person reads the results as they come: stdout is a terminal, and no program's. */
  get isWatched(): boolean {
    return this.#out.columns !== null && !this.#json && !this.#taken;
  }

  /** Columns of the terminal that results for a person go to, or null if they go to none. */
  get columns(): number | null {
    return this.#human.columns;
  }

  /**
   * A line that was asked for, such as an object of NDJSON; resolves when the reader has taken it.
   *
   * @param signal Rejects the wait for a stuck reader.
   */
  async record(line: string, signal?: AbortSignal): Promise<void> {
    using aborted = new Cancellation(signal);
    this.#running?.erase();
    await aborted.race(this.#out.send(line + "\n"));
    this.#running?.redraw();
  }

  /** The machine-readable last line, if `--json` asks for it. */
  async json(value: object): Promise<void> {
    if (!this.#json) return;
    this.finish();
    await (this.#taken ? this.#err : this.#out).send(JSON.stringify(value) + "\n");
  }

  /**
   * Starts showing a piece of work: a bar with rate and remaining time on a terminal, a line every
   * few seconds elsewhere. The piece before it ends.
   *
   * @param unit What is counted, such as `images`.
   * @param before How many were done before, which say nothing about the rate.
   */
  progress(label: string, unit: string, before = 0): OnProgress {
    this.finish();
    if (this.#quiet) return () => {};
    const running = new RunningProgress(label, unit, this.#err, before);
    this.#running = running;
    return (done, total) => running.update(done, total);
  }

  /**
   * A list that may grow long, such as unreadable images: the first few are shown at once, their number at
   * the end.
   *
   * @param what Completes "12 …": `images are left out`.
   */
  lister(what: string): Lister {
    let count = 0;
    return {
      add: (line) => {
        if (++count <= LISTED) this.note(line);
        else if (count === LISTED + 1) this.note("…");
      },
      end: () => {
        if (count > LISTED) this.note(`${count} ${what}`);
        return count;
      },
    };
  }

  /** Ends the piece of work that is shown with a summary line. */
  finish(): void {
    this.#running?.finish();
    this.#running = null;
  }

  /** Ends the piece of work that is shown without a summary. */
  abandon(): void {
    this.#running?.erase();
    this.#running = null;
  }

  get #human(): Sink {
    return this.#json || this.#taken ? this.#err : this.#out;
  }

  #above(write: () => void): void {
    this.#running?.erase();
    write();
    this.#running?.redraw();
  }
}
