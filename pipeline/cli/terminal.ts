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
 *
 * @module
 */

import { ReaderGone } from "./failure.ts";
import {
  finishedLine,
  progressBar,
  progressLine,
  type ProgressState,
  RateMeter,
} from "./progress.ts";

/** Told how much is done, and of how much if that is known. */
export type OnProgress = (done: number, total: number | null) => void;

/** How a terminal is to behave. */
export interface TerminalOptions {
  readonly quiet: boolean;
  readonly json: boolean;
}

/** A place to write to: stdout or stderr, or a list in a test. */
export interface Sink {
  /** Writes all of the text, or throws. */
  write(text: string): void;
  /** Columns of the terminal it is, or null if it is a file or a pipe. */
  readonly columns: number | null;
}

/** See {@linkcode Terminal.lister}. */
export interface Lister {
  /** Adds one thing. */
  add(line: string): void;
  /** Ends the list; returns its length. */
  end(): number;
}

/** Things of a list that are shown. */
const LISTED = 10;

/** Milliseconds between two drawings of a bar. */
const BAR_EVERY = 100;

/** Milliseconds until the next line where there is no bar: a log of hours needs no line every 5 s. */
function lineEvery(elapsed: number): number {
  return Math.min(60_000, Math.max(5000, elapsed / 10));
}

/** Writes for one command. */
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
    this.#above(() => this.#human.write(text + "\n"));
  }

  /** Something worth knowing while the command works. */
  note(line: string): void {
    if (!this.#quiet) this.#above(() => this.#err.write(line + "\n"));
  }

  /** An error or a warning, which is written whatever was asked for. */
  warn(line: string): void {
    this.#above(() => this.#err.write(line + "\n"));
  }

  /**
   * Keeps stdout for {@linkcode record}, because another program reads it: all else goes to stderr,
   * the line of `--json` too.
   */
  takeStdout(): void {
    this.#taken = true;
  }

  /** A line that was asked for, such as one object of NDJSON. */
  record(line: string): void {
    this.#above(() => this.#out.write(line + "\n"));
  }

  /** The machine-readable last line, if `--json` asks for it. */
  json(value: object): void {
    if (!this.#json) return;
    this.finish();
    (this.#taken ? this.#err : this.#out).write(JSON.stringify(value) + "\n");
  }

  /**
   * Starts showing a piece of work: a bar with rate and remaining time on a terminal, a line every
   * few seconds elsewhere. The piece before it ends.
   *
   * @param unit What is counted, such as `images`.
   */
  progress(label: string, unit: string): OnProgress {
    this.finish();
    if (this.#quiet) return () => {};
    const running = new RunningProgress(label, unit, this.#err);
    this.#running = running;
    return (done, total) => running.update(done, total);
  }

  /**
   * A list of things that may grow long, such as images that cannot be read: the first few are shown
   * as they come, and the end says how many there were.
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

  /** Ends the piece of work that is shown, with a line that sums it up. */
  finish(): void {
    this.#running?.finish();
    this.#running = null;
  }

  /** Ends the piece of work that is shown, with no word about it: it failed. */
  abandon(): void {
    this.#running?.erase();
    this.#running = null;
  }

  get #human(): Sink {
    return this.#json || this.#taken ? this.#err : this.#out;
  }

  /** Writes above the bar, if there is one. */
  #above(write: () => void): void {
    this.#running?.erase();
    write();
    this.#running?.redraw();
  }
}

class RunningProgress {
  readonly #label: string;
  readonly #unit: string;
  readonly #sink: Sink;
  readonly #start = performance.now();
  readonly #meter = new RateMeter(0);
  #done = 0;
  #total: number | null = null;
  #shown = this.#start;
  #drawn = false;

  constructor(label: string, unit: string, sink: Sink) {
    this.#label = label;
    this.#unit = unit;
    this.#sink = sink;
  }

  update(done: number, total: number | null): void {
    this.#done = done;
    this.#total = total;
    const now = performance.now();
    this.#meter.note((now - this.#start) / 1000, done);
    const every = this.#sink.columns === null ? lineEvery(now - this.#start) : BAR_EVERY;
    if (now - this.#shown < every) return;
    this.#shown = now;
    if (this.#sink.columns === null) this.#sink.write(progressLine(this.#state()) + "\n");
    else this.#draw(this.#sink.columns);
  }

  erase(): void {
    if (this.#drawn) this.#sink.write("\r\x1b[K");
  }

  redraw(): void {
    if (this.#drawn && this.#sink.columns !== null) this.#draw(this.#sink.columns);
  }

  finish(): void {
    this.erase();
    this.#drawn = false;
    if (this.#done > 0) this.#sink.write(finishedLine(this.#state()) + "\n");
  }

  #draw(columns: number): void {
    this.#drawn = true;
    this.#sink.write("\r\x1b[K" + progressBar(this.#state(), columns));
  }

  #state(): ProgressState {
    const elapsed = (performance.now() - this.#start) / 1000;
    const rate = this.#meter.rate(elapsed, this.#done);
    return {
      label: this.#label,
      unit: this.#unit,
      done: this.#done,
      total: this.#total,
      rate,
      elapsed,
    };
  }
}

/** A standard stream. Writing blocks: a slow reader slows the command down, and nothing is lost. */
function standard(stream: typeof Deno.stdout): Sink {
  return {
    write(text) {
      let rest: Uint8Array = new TextEncoder().encode(text);
      try {
        while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
      } catch (cause) {
        if (cause instanceof Deno.errors.BrokenPipe) throw new ReaderGone();
        throw cause;
      }
    },
    get columns() {
      return stream.isTerminal() ? consoleColumns() : null;
    },
  };
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

const STDOUT = standard(Deno.stdout);
const STDERR = standard(Deno.stderr);
