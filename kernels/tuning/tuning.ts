/**
 * Measuring which kernels are the fastest on a device for the shapes that are about to be used, for as long
 * as that saves more time than it takes.
 *
 * Recording cannot wait for a measurement, so this happens ahead of training.
 */

import { type Family, operationKey, useFamily } from "../convolution.ts";
import { candidateFamilies } from "./families.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { tileName } from "../convolution/tiles.ts";
import { measuredShape, timeFamily, type TuningJob } from "./time_families.ts";
import { Tuner, type TuningTask } from "./tuner.ts";
import { TuningBudget } from "./tuning_budget.ts";

export { measuredShape, timeFamilies, type TuningJob } from "./time_families.ts";

/** Changes when a family has become faster or is new, so that what was measured before is measured anew. */
export const FAMILIES_VERSION = 3;

/** Fastest kernel family for each measured shape, by name; see {@linkcode familyName}. */
export type Choices = Readonly<Record<string, string>>;

/** Where the choices for one device outlive the process. Neither method fails. */
export interface ChoiceStore {
  /** What was written last; nothing where that is missing or damaged. */
  read(): Promise<Choices>;
  write(choices: Choices): Promise<void>;
}

/** What measuring is for, and what it may cost. */
export interface TuningOptions {
  /** How often each job is going to run. */
  readonly steps: number;
  /**
   * Seconds that measuring may take, compiling included. Held between two measurements: none is begun
   * that would end too late if it took as long as those before.
   */
  readonly seconds: number;
  /** Hears that measuring begins, and what it came to. */
  readonly log?: (line: string) => void;
  readonly onProgress?: (done: number, total: number) => void;
  /** The families to measure, the likeliest first. */
  readonly candidates?: typeof candidateFamilies;
  /** Seconds of a job's {@linkcode measuredShape} on a family; see {@linkcode timeFamily}. */
  readonly time?: typeof timeFamily;
  /** A clock, in seconds. */
  readonly now?: () => number;
}

/**
 * Seconds for what is left of a network of which half or more has been measured: its training begins
 * within 5 s of the start of the program.
 */
const KNOWN_SECONDS = 2;

/**
 * Makes every job use the family that is the fastest for it: as kept, or else as measured now on buffers
 * of its own, the largest job first.
 *
 * What is not measured, because it would not pay or time is over, takes the family of the most similar
 * job, or else its likeliest one. It is not kept, so that another run may measure it; neither is a job of
 * which only some candidates were measured.
 */
export async function tune(
  gpu: Gpu,
  jobs: readonly TuningJob[],
  store: ChoiceStore,
  options: TuningOptions,
): Promise<void> {
  const tasks = tasksOf(gpu, jobs, options);
  const kept = await store.read();
  const known = tasks.map((task) => ({ task, name: kept[task.key] ?? "" }))
    .filter(({ task, name }) => task.candidates.has(name));
  const missing = tasks.filter((task) =>
    task.candidates.size > 1 && known.every((choice) => choice.task !== task)
  );
  const tuner = new Tuner(gpu, known, {
    time: options.time ?? timeFamily,
    budget: budgetFor(options, known.length >= missing.length),
    log: options.log ?? (() => {}),
    onProgress: options.onProgress ?? (() => {}),
  });
  const measured = await tuner.measure(missing);
  if (measured.length > 0) {
    const names = Object.fromEntries(measured.map(({ task, name }) => [task.key, name]));
    await store.write({ ...kept, ...names });
  }
  for (const { task: { operation, shape }, family } of tuner.choices(tasks)) {
    useFamily(gpu, operation, shape, family);
  }
}

function budgetFor({ seconds, now }: TuningOptions, isKnown: boolean): TuningBudget {
  const most = isKnown ? Math.min(seconds, KNOWN_SECONDS) : seconds;
  return new TuningBudget(most, now ?? (() => performance.now() / 1000));
}

/** `registers`, or the tile's name. */
export function familyName(family: Family): string {
  return family === "registers" ? family : tileName(family);
}

/** The jobs to choose for, each shape once. */
function tasksOf(
  gpu: Gpu,
  jobs: readonly TuningJob[],
  { steps, candidates = candidateFamilies }: TuningOptions,
): TuningTask[] {
  const alike = Map.groupBy(jobs, (job) => choiceKey(gpu, job));
  return [...alike].map(([key, [job, ...others]]) => {
    const { operation, shape } = job!;
    const parts = shape.batch / measuredShape(job!).batch;
    return {
      ...{ operation, shape, key },
      candidates: new Map(
        candidates(gpu, operation, shape).map((family) => [familyName(family), family]),
      ),
      runs: steps * (1 + others.length) * parts,
    };
  });
}

function choiceKey({ halfPrecision }: Gpu, job: TuningJob): string {
  const { batch } = measuredShape(job);
  const half = halfPrecision ? ", f16 allowed" : "";
  return `${operationKey(job.operation, job.shape)}, batch ${batch}${half}`;
}
