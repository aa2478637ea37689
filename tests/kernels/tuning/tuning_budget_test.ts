/**
 * What is measured of a network, in which order and for how long, by a clock and times that the tests
 * make up: no device is needed.
 */

import assert from "node:assert/strict";
import { type Family, familyOf, type Operation } from "../../../kernels/convolution.ts";
import type { Conv2dShape } from "../../../kernels/convolution/conv2d_shape.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { TILES } from "../../../kernels/convolution/tiles.ts";
import { type Choices, familyName, tune, type TuningJob } from "../../../kernels/tuning/tuning.ts";
import { conv2dShape } from "../convolution/convolution_context.ts";

const FAMILIES = TILES.slice(0, 3);
const [FIRST, SECOND, THIRD] = FAMILIES.map(familyName) as [string, string, string];
/** Seconds that a measurement takes, compiling included. */
const COST = 1;

/** Three operations of one shape; the more channels, the longer each should take. */
function jobsOf(channels: number, operations: readonly Operation[] = ["conv2d"]): TuningJob[] {
  const shape = conv2dShape([4, 16, 16, channels, 8, 3, 3]);
  return operations.map((operation) => ({ operation, shape }));
}

interface Trial {
  readonly steps?: number;
  readonly seconds?: number;
  readonly kept?: Choices;
  readonly candidates?: (operation: Operation, shape: Conv2dShape) => readonly Family[];
  /** Seconds of one run; by default each family is faster than the one before. */
  readonly time?: (job: TuningJob, family: Family) => number;
}

/** A device that is asked for nothing but its choices. */
function deviceless(): Gpu {
  return { halfPrecision: false, isFallback: false, releaseScratch() {} } as unknown as Gpu;
}

/** Tunes with a clock that only measurements move. */
async function tried(jobs: readonly TuningJob[], trial: Trial) {
  const { steps = Infinity, seconds = Infinity, kept = {}, time = fasterAndFaster } = trial;
  const gpu = deviceless();
  let clock = 1000;
  const measured: string[] = [];
  const lines: string[] = [];
  const progress: string[] = [];
  let written: Choices | null = null;
  await tune(gpu, jobs, {
    read: () => Promise.resolve(kept),
    write: (choices) => Promise.resolve(void (written = choices)),
  }, {
    ...{ steps, seconds },
    now: () => clock,
    candidates: (_, ...of) => [...trial.candidates?.(...of) ?? FAMILIES],
    time(_, job, family) {
      clock += COST;
      measured.push(`${job.shape.channels} ${familyName(family)}`);
      return Promise.resolve(time(job, family));
    },
    log: (line) => lines.push(line),
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  const used = jobs.map(({ operation, shape }) => familyName(familyOf(gpu, operation, shape)));
  return {
    measured,
    lines,
    progress,
    used,
    written: written as Choices | null,
    took: clock - 1000,
  };
}

/** Times go with the arithmetic; of the families each takes 0.9 of the one before. */
function fasterAndFaster({ shape }: TuningJob, family: Family): number {
  return shape.channels * 0.9 ** FAMILIES.indexOf(family as typeof FAMILIES[number]);
}

Deno.test("tune() measures the job first that should take longest", async () => {
  const jobs = [8, 32, 16].flatMap((channels) => jobsOf(channels));
  const { measured, used, written, progress, lines } = await tried(jobs, {});
  const expected = [32, 16, 8].flatMap((channels) =>
    FAMILIES.map((family) => `${channels} ${familyName(family)}`)
  );
  assert.deepEqual(measured, expected);
  assert.deepEqual(used, [THIRD, THIRD, THIRD]);
  assert.equal(Object.keys(written!).length, 3);
  assert.deepEqual([...new Set(progress)], ["0/3", "1/3", "2/3", "3/3"]);
  assert.deepEqual(lines, [
    "Measuring kernels once for this adapter …",
    "Measured 3 kernels in 9.0 s",
  ]);
});

Deno.test("tune() measures a shape once, however many layers have it", async () => {
  const { measured } = await tried([...jobsOf(8), ...jobsOf(8)], {});
  assert.equal(measured.length, FAMILIES.length);
});

Deno.test("tune() begins no measurement that would end after its time", async () => {
  const jobs = [32, 16, 8].flatMap((channels) => jobsOf(channels));
  for (const seconds of [1, 2, 5, 7, 8]) {
    const { took, lines, used, written } = await tried(jobs, { seconds: seconds + 0.5 });
    assert.equal(took, seconds);
    const whole = Math.floor(seconds / FAMILIES.length);
    assert.equal(Object.keys(written ?? {}).length, whole, "a job that was cut is not kept");
    if (seconds > 1) {
      const text = `Measured ${whole} of 3 kernels in ${seconds}.0 s; time for it is over`;
      assert.equal(lines[1], text);
    }
    assert.equal(used[0], [FIRST, SECOND, THIRD][Math.min(seconds, 3) - 1]);
  }
  assert.equal((await tried(jobs, { seconds: 0 })).took, 0);
});

Deno.test("tune() stops where measuring costs more than it may save", async () => {
  // A run of 32 channels takes 32 s: 30 % of it are worth 9 measurements of 1 s, but not 10.
  const [large, small] = [jobsOf(32), jobsOf(5)];
  const once = await tried([...large, ...small], { steps: 1 });
  assert.deepEqual(
    once.measured.length,
    3,
    "5 s may save 1.5 s, which two measurements cost more than",
  );
  assert.match(once.lines[1]!, /^Measured 1 of 2 kernels in 3\.0 s; more would save less/);
  assert.equal((await tried([...large, ...small], { steps: 4 })).measured.length, 6);
  // 0.9 s of 3 in all runs: only the first is measured, which is going to run anyway.
  const short = await tried(large, { steps: 3 / 32 });
  assert.deepEqual([short.measured.length, short.lines, short.progress], [1, [], []]);
  assert.deepEqual([short.used, short.written], [[FIRST], null]);
});

Deno.test("tune() lets a job that is not measured take the most similar one's family", async () => {
  const operations = ["conv2d", "conv2dFilterGrad"] as const;
  const jobs = [64, 4, 60, 6].flatMap((channels) => jobsOf(channels, operations));
  /** Wide ones are fastest on the third, thin ones on the second; filters' gradients on the first. */
  const time = ({ operation, shape }: TuningJob, family: Family) => {
    const best = operation === "conv2d" ? (shape.channels > 32 ? 2 : 1) : 0;
    return 1 + Math.abs(FAMILIES.indexOf(family as typeof FAMILIES[number]) - best);
  };
  const keys = operations.map((operation) => `${operation} 16x16x4 * 3x3x8, batch 4`);
  const kept = { [keys[0]!]: SECOND, [keys[1]!]: FIRST };
  // Enough for the two largest.
  const { measured, used, written } = await tried(jobs, { kept, time, seconds: 6.5 });
  assert.deepEqual(measured.map((name) => name.split(" ")[0]), Array(6).fill("64"));
  assert.deepEqual(used, [THIRD, FIRST, SECOND, FIRST, THIRD, FIRST, SECOND, FIRST]);
  assert.equal(Object.keys(written!).length, 4);
});

Deno.test("tune() gives a job no family but its own candidates", async () => {
  const jobs = [...jobsOf(32), ...jobsOf(8)];
  const candidates = (_: Operation, { channels }: Conv2dShape) =>
    channels === 8 ? [FAMILIES[1]!, FAMILIES[0]!] : FAMILIES;
  const { used } = await tried(jobs, { seconds: 3.5, candidates });
  assert.deepEqual(used, [THIRD, SECOND]);
});

Deno.test("tune() lets no operation take another's family", async () => {
  const jobs = [...jobsOf(32), ...jobsOf(8, ["conv2dFilterGrad"])];
  assert.deepEqual((await tried(jobs, { seconds: 3.5 })).used, [THIRD, FIRST]);
});

Deno.test("tune() does not measure where there is no choice", async () => {
  const { measured, used, written } = await tried(jobsOf(8), { candidates: () => [FAMILIES[1]!] });
  assert.deepEqual([measured, used, written], [[], [SECOND], null]);
});

Deno.test("tune() passes over refused families, also where it does not measure", async () => {
  const jobs = [...jobsOf(32), ...jobsOf(8, ["conv2dFilterGrad"])];
  const time = (_: TuningJob, family: Family) => family === FAMILIES[0] ? Infinity : 1;
  const { used } = await tried(jobs, { seconds: 3.5, time });
  assert.deepEqual(used, [SECOND, SECOND]);
});

Deno.test("tune() takes 2 s at most for the rest of a network that it knows", async () => {
  const all = [64, 32, 16, 8].flatMap((channels) => jobsOf(channels));
  const { written } = await tried(all.slice(0, 3), {});
  const { took, measured } = await tried(all, { kept: written! });
  assert.deepEqual([took, measured], [1, [`8 ${FIRST}`]]);
  const unknown = await tried(all, { kept: (await tried(all.slice(3), {})).written! });
  assert.equal(unknown.took, 9);
});
