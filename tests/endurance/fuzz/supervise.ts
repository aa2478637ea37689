/**
 * Hostile files by the thousand, read in a process that is watched: one that hangs or crashes is noted,
 * and the work goes on behind it.
 */

import type { Answer, Job } from "./child.ts";
import { Child, type ChildOptions } from "./watched_child.ts";

/** A case that was not answered as it should be. */
export interface Finding {
  readonly format: string;
  readonly number: number;
  readonly fault: string;
}

/** What the cases of a format came to. */
interface Tally {
  cases: number;
  accepted: number;
  rejected: number;
  /** Milliseconds of the slowest case, and which one it was. */
  slowest: number;
  slowestCase: number;
}

/** What all came to. */
export interface Outcome {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly findings: readonly Finding[];
  /** Most memory that a process has held, in bytes. */
  readonly peak: number;
}

/** What is to be done, and within which bounds. */
interface FuzzOptions extends ChildOptions {
  readonly formats: readonly string[];
  /** Cases of each format. */
  readonly count: number;
  readonly seed: number;
  /** The first case's number; 0 by default. */
  readonly from?: number;
  /** Hears of each finding at once. */
  readonly onFinding?: (finding: Finding) => void;
}

/** More memory than this is a fault, in bytes. */
const MEMORY = 2 ** 30;

/** Reads cases of each format, one process after the other as far as one is not enough. */
export async function fuzz(options: FuzzOptions): Promise<Outcome> {
  const { formats, count, seed, from = 0 } = options;
  const room = await Deno.makeTempDir({ prefix: "attparsenet-fuzz-" });
  try {
    const supervisor = new Supervisor(room, options);
    let jobs = formats.map((format): Job => ({ format, seed, from, to: from + count }));
    while (jobs.length > 0) jobs = await supervisor.run(jobs);
    return supervisor;
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}

class Supervisor implements Outcome {
  readonly tallies = new Map<string, Tally>();
  readonly findings: Finding[] = [];
  peak = 0;
  readonly #room: string;
  readonly #options: FuzzOptions;

  constructor(room: string, options: FuzzOptions) {
    this.#room = room;
    this.#options = options;
  }

  /** Runs jobs in one process until it ends or is ended; returns what is left. */
  async run(jobs: readonly Job[]): Promise<Job[]> {
    const child = new Child(this.#room, jobs, this.#options);
    let [at, next] = [0, jobs[0]!.from];
    let isFull = false;
    for await (const answer of child.answers()) {
      if (typeof answer === "string") {
        this.#find(jobs[at]!.format, next, `it speaks on stdout: ${answer.slice(0, 200)}`);
        continue;
      }
      if ("ready" in answer) continue;
      this.#note(answer);
      next = answer.number + 1;
      // What has been taken is never given back: only a fresh process tells what the next case takes.
      if (answer.peak > MEMORY) {
        this.#find(
          answer.format,
          answer.number,
          `it takes ${Math.round(answer.peak / 2 ** 20)} MiB`,
        );
        isFull = true;
        child.stop("it is full");
      }
      if (next < jobs[at]!.to || ++at === jobs.length) continue;
      next = jobs[at]!.from;
      child.starts();
    }
    const reason = await child.ending();
    if (at === jobs.length) return [];
    if (!isFull) this.#find(jobs[at]!.format, next++, reason);
    return [{ ...jobs[at]!, from: next }, ...jobs.slice(at + 1)].filter(({ from, to }) =>
      from < to
    );
  }

  #note(answer: Exclude<Answer, { ready: true }>): void {
    const { format, number, said, fault, milliseconds, peak } = answer;
    const tally = this.#tally(format);
    tally.cases++;
    if (said === null) tally.accepted++;
    else if (fault === null) tally.rejected++;
    if (milliseconds > tally.slowest) {
      [tally.slowest, tally.slowestCase] = [milliseconds, number];
    }
    this.peak = Math.max(this.peak, peak);
    if (fault !== null) this.#find(format, number, fault);
  }

  #find(format: string, number: number, fault: string): void {
    this.#tally(format);
    this.findings.push({ format, number, fault });
    this.#options.onFinding?.({ format, number, fault });
  }

  #tally(format: string): Tally {
    const known = this.tallies.get(format);
    if (known) return known;
    const fresh = { cases: 0, accepted: 0, rejected: 0, slowest: 0, slowestCase: -1 };
    this.tallies.set(format, fresh);
    return fresh;
  }
}
