/**
 * `pipeline` as a process that is killed at a random moment and goes on by the line that it prints, as
 * often as is wanted, each time held against a run that was left alone.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exists, UNFINISHED } from "../../../pipeline/files/write_file.ts";
import { filesBelow } from "../../../pipeline/files/folder_files.ts";
import type { Random } from "../../../pipeline/numbers/random.ts";
import { taskCommand } from "../../processes/task_command.ts";
import { type Content, contentOfRun } from "./run_content.ts";

/** When a process is killed: after some milliseconds, or at a change of its folder (from 1). */
type Moment = { readonly after: number } | { readonly change: number };

/** One kill. */
interface Kill {
  readonly moment: Moment;
  /** What the run was at: the last of the stages that have left something. */
  readonly stage: string;
  /** Files that were left unfinished. */
  readonly unfinished: readonly string[];
}

/** A run that was left alone. */
interface Whole {
  readonly content: Content;
  readonly milliseconds: number;
  /** Changes of its folder that the system told of. */
  readonly changes: number;
}

/** What a stage has left once it has begun, the last stage first. */
const STAGES: readonly (readonly [stage: string, file: string])[] = [
  ["report", "report.html"],
  ["evaluation", "metrics.json"],
  ["training, after a checkpoint", "checkpoints/last.safetensors"],
  ["training", "config.json"],
  ["segments", "segments/coverage.csv"],
  ["landmarks", "landmarks.csv"],
  ["landmarks", "landmarks.unfinished.ndjson"],
  ["taking the folder", "train.lock"],
];

/** Kills pipelines on one data set. */
export class KilledPipeline {
  readonly #args: readonly string[];
  /** Holds nothing but the run's folder, so that it can be watched before that is made. */
  readonly #work: string;
  readonly #out: string;

  /** @param args What the pipeline is to do, but for `--out`. */
  constructor(work: string, args: readonly string[]) {
    this.#work = work;
    this.#out = join(work, "run");
    this.#args = [...args, "--out", this.#out];
  }

  /** Runs it once without disturbance. */
  async leaveAlone(): Promise<Whole> {
    let changes = 0;
    using _ = this.#watch(() => changes++);
    const start = performance.now();
    await this.#runToTheEnd();
    const milliseconds = performance.now() - start;
    return { content: await this.#take(), milliseconds, changes };
  }

  /**
   * Starts it, kills it at random moments, lets it go on to its end, and compares.
   *
   * @param times How often it is killed before it may end.
   */
  async kill(whole: Whole, times: number, random: Random): Promise<Kill[]> {
    const kills: Kill[] = [];
    while (kills.length < times) {
      const moment = random.integer(2) === 0
        ? { after: random.integer(Math.ceil(whole.milliseconds)) }
        : { change: 1 + random.integer(whole.changes) };
      const goesOn = kills.length > 0;
      if (await this.#runUntil(moment, goesOn)) kills.push({ moment, ...await this.#look() });
      // It was too quick: a run that is over cannot be killed.
      else if (!goesOn) await this.#take();
      else break;
    }
    await this.#runToTheEnd("--resume");
    assert.deepEqual(await this.#take(), whole.content, textOf(kills));
    return kills;
  }

  /** Runs it, and kills it; whether it was not over before. */
  async #runUntil(moment: Moment, goesOn: boolean): Promise<boolean> {
    const process = taskCommand("pipeline", [...this.#args, ...goesOn ? ["--resume"] : []]).spawn();
    const kill = () => {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    let changes = 0;
    using _ = this.#watch(() => "change" in moment && ++changes === moment.change && kill());
    const timer = "after" in moment ? setTimeout(kill, moment.after) : undefined;
    const { signal, code, stderr } = await process.output();
    clearTimeout(timer);
    if (signal === null) assert.equal(code, 0, new TextDecoder().decode(stderr));
    return signal !== null;
  }

  async #runToTheEnd(...more: string[]): Promise<void> {
    const { code, stderr } = await taskCommand("pipeline", [...this.#args, ...more]).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  }

  /** Calls back at each change of the run's folder. */
  #watch(onChange: () => void): Disposable {
    const watcher = Deno.watchFs(this.#work);
    (async () => {
      for await (const { kind } of watcher) if (kind !== "access") onChange();
    })();
    return watcher;
  }

  async #look(): Promise<Pick<Kill, "stage" | "unfinished">> {
    const unfinished: string[] = [];
    if (await exists(this.#out)) {
      for await (const name of filesBelow(this.#out)) {
        if (name.endsWith(UNFINISHED)) unfinished.push(name);
      }
    }
    for (const [stage, file] of STAGES) {
      if (await exists(this.#out, file)) return { stage, unfinished };
    }
    return { stage: "start", unfinished };
  }

  /** The content of the finished run, which is removed. */
  async #take(): Promise<Content> {
    const content = await contentOfRun(this.#out);
    await Deno.remove(this.#out, { recursive: true });
    return content;
  }
}

/** `after 812 ms, in training, with model/weights.bin.partial left`, one after the other. */
export function textOf(kills: readonly Kill[]): string {
  return kills.map(({ moment, stage, unfinished }) => {
    const when = "after" in moment ? `after ${moment.after} ms` : `at change ${moment.change}`;
    const left = unfinished.length > 0 ? `, with ${unfinished.join(" and ")} left` : "";
    return `${when}, in ${stage}${left}`;
  }).join("; then ");
}
