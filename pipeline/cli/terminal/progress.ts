/** Progress in words: how far, how fast, how long still. */

import { formatDuration } from "../../numbers/text.ts";

/** Progress of one piece of work at one moment. */
export interface ProgressState {
  /** What is being done, such as `landmarks`. */
  readonly label: string;
  /** What is counted, such as `images`. */
  readonly unit: string;
  readonly done: number;
  /** How many of them were done before this piece of work began. */
  readonly before?: number;
  readonly total: number | null;
  /** Units per second of late; null if not yet known. */
  readonly rate: number | null;
  /** Seconds since the start. */
  readonly elapsed: number;
}

/** Seconds that the rate is averaged over, so that a slow start does not spoil the estimate. */
const RATE_WINDOW = 15;
/** Seconds between samples of the counter. */
const RATE_STEP = 0.5;

/** Measures how fast a counter grows. Times are in seconds, from any start that stays the same. */
export class RateMeter {
  readonly #samples: (readonly [time: number, done: number])[] = [];

  /** @param done The counter's value at the start. */
  constructor(start: number, done = 0) {
    this.#samples.push([start, done]);
  }

  note(time: number, done: number): void {
    const last = this.#samples.at(-1);
    if (last && time - last[0] < RATE_STEP) return;
    this.#samples.push([time, done]);
    while ((this.#samples[1]?.[0] ?? Infinity) <= time - RATE_WINDOW) this.#samples.shift();
  }

  /** Units per second of late; null if nothing has been counted. */
  rate(time: number, done: number): number | null {
    const [since, before] = this.#samples[0] ?? [time, done];
    return time > since && done > before ? (done - before) / (time - since) : null;
  }
}

/** One plain line, for a log: `landmarks: 120 of 320 images, 26/s, 8 s left`. */
export function progressLine(state: ProgressState): string {
  const { label, unit, done, total } = state;
  const counted = total === null ? `${done} ${unit}` : `${done} of ${total} ${unit}`;
  return [`${label}: ${counted}`, ...speed(state)].join(", ");
}

/** The last line of a piece of work: `landmarks: 320 images in 12 s (26/s)`. */
export function finishedLine({ label, unit, done, before = 0, elapsed }: ProgressState): string {
  const counted = done - before;
  const rate = elapsed > 0 && counted > 0 ? ` (${formatRate(counted / elapsed)})` : "";
  return `${label}: ${done} ${unit} in ${formatDuration(elapsed)}${rate}`;
}

/** A line with a bar, at most `columns` wide: `landmarks ━━━━━━╌╌╌╌ 120/320 images, 26/s, 8 s left`. */
export function progressBar(state: ProgressState, columns: number): string {
  const { label, unit, done, total } = state;
  const counted = total === null ? `${done} ${unit}` : `${done}/${total} ${unit}`;
  const tail = [counted, ...speed(state)].join(", ");
  const room = Math.min(32, columns - label.length - tail.length - 3);
  if (total === null || room < 4) return `${label} ${tail}`.slice(0, Math.max(0, columns - 1));
  const filled = Math.round(room * Math.min(1, total > 0 ? done / total : 1));
  return `${label} ${"━".repeat(filled)}${"╌".repeat(room - filled)} ${tail}`;
}

function speed({ done, total, rate }: ProgressState): string[] {
  if (rate === null) return [];
  if (total === null || done >= total) return [formatRate(rate)];
  return [formatRate(rate), `${formatDuration((total - done) / rate)} left`];
}

/** A rate with two digits that count: `26/s`, `2.6/s`, `0.26/s`, or by the minute if slower. */
export function formatRate(perSecond: number): string {
  if (perSecond < 0.1) return `${twoDigits(perSecond * 60)}/min`;
  return `${twoDigits(perSecond)}/s`;
}

function twoDigits(value: number): string {
  if (value >= 10) return String(Math.round(value));
  return value.toFixed(value >= 1 ? 1 : 2);
}
