/** A piece of work while it is shown: a bar that is drawn again and again, or lines now and then. */

import {
  finishedLine,
  progressBar,
  progressLine,
  type ProgressState,
  RateMeter,
} from "./progress.ts";
import type { Sink } from "./sink.ts";

/** Milliseconds between two drawings of a bar. */
const BAR_EVERY = 100;

/** Milliseconds until the first line where there is no bar: by then a reader wonders. */
const FIRST_LINE = 1000;

/** Milliseconds from one line to the next: a log of hours needs no line every 5 s. */
function lineEvery(elapsed: number): number {
  return Math.min(60_000, Math.max(5000, elapsed / 10));
}

export class RunningProgress {
  readonly #label: string;
  readonly #unit: string;
  readonly #sink: Sink;
  readonly #start = performance.now();
  readonly #meter: RateMeter;
  /** What was done before this run. */
  readonly #before: number;
  #done = 0;
  #total: number | null = null;
  #shown = this.#start;
  #drawn = false;

  constructor(label: string, unit: string, sink: Sink, before = 0) {
    this.#before = before;
    this.#meter = new RateMeter(0, before);
    this.#label = label;
    this.#unit = unit;
    this.#sink = sink;
    // A stage may compile or load for seconds before it counts the first thing.
    if (sink.columns !== null) this.#draw(sink.columns);
  }

  update(done: number, total: number | null): void {
    this.#done = done;
    this.#total = total;
    const now = performance.now();
    this.#meter.note((now - this.#start) / 1000, done);
    const elapsed = now - this.#start;
    const line = this.#shown === this.#start ? FIRST_LINE : lineEvery(elapsed);
    const every = this.#sink.columns === null ? line : BAR_EVERY;
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
      before: this.#before,
      total: this.#total,
      rate,
      elapsed,
    };
  }
}
