/** One round of measuring: which jobs, how many candidates of each, and what the other jobs take. */

import { type Conv2dShape, outputSize } from "../convolution/conv2d_shape.ts";
import type { Family } from "../convolution.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { measuredShape, type timeFamily, type TuningJob, workOf } from "./time_families.ts";
import type { TuningBudget } from "./tuning_budget.ts";

/** A job for which a family is to be chosen. */
export interface TuningTask extends TuningJob {
  /** What the choice is kept under. */
  readonly key: string;
  /** Families by name, the likeliest first. */
  readonly candidates: ReadonlyMap<string, Family>;
  /** How often its measured shape is going to run. */
  readonly runs: number;
}

/** The family of a task, by name. */
interface Choice {
  readonly task: TuningTask;
  readonly name: string;
}

interface Timing extends Choice {
  /** Of the measured shape on the fastest family so far. */
  readonly seconds: number;
  /** Whether no candidate is left. */
  readonly isWhole: boolean;
}

/** How a {@linkcode Tuner} measures, and who hears of it. */
interface TunerOptions {
  readonly time: typeof timeFamily;
  readonly budget: TuningBudget;
  readonly log: (line: string) => void;
  readonly onProgress: (done: number, total: number) => void;
}

/** Measures while that pays. */
export class Tuner {
  readonly #gpu: Gpu;
  readonly #known: readonly Choice[];
  readonly #options: TunerOptions;
  readonly #timings: Timing[] = [];
  readonly #refused = new Set<string>();
  #measurements = 0;

  /** @param known Choices that were kept. */
  constructor(gpu: Gpu, known: readonly Choice[], options: TunerOptions) {
    this.#gpu = gpu;
    this.#known = known;
    this.#options = options;
  }

  /**
   * Measures tasks of several candidates, the one that should take longest first.
   *
   * @returns The choices between all candidates of a task.
   */
  async measure(tasks: readonly TuningTask[]): Promise<Choice[]> {
    const { budget } = this.#options;
    const open = tasks.toSorted((a, b) => workOf(b) - workOf(a));
    for (const [done, task] of open.entries()) {
      if (budget.isSpent) break;
      const timing = await this.#time(task, () => this.#tell(done, open.length));
      if (timing) this.#timings.push(timing);
    }
    if (this.#measurements > 0) this.#gpu.releaseScratch();
    const whole = this.#timings.filter(({ isWhole }) => isWhole);
    this.#sumUp(whole.length, open.length);
    return whole;
  }

  /** The family of each task that has one which the device does not refuse, measured or not. */
  choices(tasks: readonly TuningTask[]): { task: TuningTask; family: Family }[] {
    const sure = [...this.#known, ...this.#timings];
    return tasks.flatMap((task) => {
      const name = sure.find((choice) => choice.task === task)?.name ?? this.#guess(task, sure);
      return name === undefined ? [] : [{ task, family: task.candidates.get(name)! }];
    });
  }

  /** Times a task's candidates for as long as that pays; null if there was no answer. */
  async #time(task: TuningTask, tell: () => void): Promise<Timing | null> {
    const { budget, time } = this.#options;
    let [name, seconds] = ["", Infinity];
    let left = task.candidates.size;
    for (const [candidate, family] of task.candidates) {
      const isFirst = left === task.candidates.size;
      const least = isFirst ? this.#expect(task) : seconds;
      // Behind the first there must be a second to choose between them.
      if (budget.isSpent || !budget.isWorth(task.runs * least, isFirst ? 2 : 1)) break;
      tell();
      const took = await budget.spend(() => time(this.#gpu, task, family, seconds));
      if (took === Infinity) this.#refused.add(candidate);
      if (took < seconds) [name, seconds] = [candidate, took];
      left--;
    }
    return seconds < Infinity ? { task, name, seconds, isWhole: left === 0 } : null;
  }

  /** Seconds that a task would take at the speed of the most similar one that was measured. */
  #expect(task: TuningTask): number {
    const near = nearest(task, this.#timings);
    if (!near) return Infinity;
    const work = (job: TuningJob) => workOf({ ...job, shape: measuredShape(job) });
    return near.seconds * work(task) / work(near.task);
  }

  /** What the most similar job of the operation takes, if it suits this one, else the likeliest. */
  #guess({ operation, ...task }: TuningTask, sure: readonly Choice[]): string | undefined {
    const alike = sure.filter((choice) => choice.task.operation === operation);
    const name = nearest({ operation, ...task }, alike)?.name;
    if (name !== undefined && task.candidates.has(name)) return name;
    return [...task.candidates.keys()].find((name) => !this.#refused.has(name));
  }

  /** The first measurement is of what would run anyway: it alone is not worth a word. */
  #tell(done: number, total: number): void {
    const { log, onProgress } = this.#options;
    if (++this.#measurements < 2) return;
    if (this.#measurements === 2) log("Measuring kernels once for this adapter …");
    onProgress(done, total);
  }

  #sumUp(done: number, total: number): void {
    const { budget, log, onProgress } = this.#options;
    if (this.#measurements < 2) return;
    onProgress(done, total);
    const counted = done === total ? `${total} kernels` : `${done} of ${total} kernels`;
    const rest = budget.isSpent ? "time for it is over" : "more would save less than it takes";
    const reason = done === total ? "" : `; ${rest}`;
    log(`Measured ${counted} in ${budget.elapsed.toFixed(1)} s${reason}`);
  }
}

/** The choice for the job that is most like another; undefined if there is none. */
function nearest<T extends Choice>(job: TuningJob, choices: readonly T[]): T | undefined {
  const sizes = sizesOf(job.shape);
  const distance = ({ task }: T) => {
    const other = sizesOf(task.shape);
    const isOther = task.operation === job.operation ? 0 : 1;
    return isOther +
      sizes.reduce((sum, size, at) => sum + Math.abs(Math.log(size / other[at]!)), 0);
  };
  return choices.toSorted((a, b) => distance(a) - distance(b))[0];
}

/** The three sizes of the product of matrices that a convolution and its gradients are. */
function sizesOf(shape: Conv2dShape): number[] {
  const [height, width] = outputSize(shape);
  const { batch, channels, filters, kernelHeight, kernelWidth } = shape;
  return [batch * height * width, kernelHeight * kernelWidth * channels, filters];
}
