import assert from "node:assert/strict";
import {
  afterValidation,
  FRESH,
  learningRateAt,
  type Moment,
} from "../../../pipeline/train/schedule.ts";
import type { ScheduleSettings } from "../../../pipeline/network/settings.ts";
import { assertClose } from "../../comparing/compare.ts";

const SETTINGS: ScheduleSettings = {
  learningRate: 0.8,
  schedule: "constant",
  learningRateDecay: 0.5,
  decayEvery: 2,
  warmup: { count: 0, unit: "steps" },
  epochs: 4,
};

/** Learning rates of the first step of each of four epochs of two steps, or of all eight steps. */
function rates(
  settings: Partial<ScheduleSettings>,
  { every = 2, ...moment }: Partial<Moment> & { every?: number } = {},
): number[] {
  const steps = [0, 1, 2, 3, 4, 5, 6, 7].filter((step) => step % every === 0);
  return steps.map((step) =>
    learningRateAt({ ...SETTINGS, ...settings }, {
      ...{ step, epoch: Math.floor(step / 2), stepsPerEpoch: 2, plateaus: 0 },
      ...moment,
    })
  );
}

function assertRates(actual: number[], expected: number[]): void {
  assertClose(actual, expected, { relative: 1e-12, what: "learning rates" });
}

Deno.test("learningRateAt() decays as the schedules say", () => {
  assertRates(rates({}), [0.8, 0.8, 0.8, 0.8]);
  assertRates(rates({ schedule: "exponential" }), [0.8, 0.4, 0.2, 0.1]);
  assertRates(rates({ schedule: "step" }), [0.8, 0.8, 0.4, 0.4]);
  assertRates(rates({ schedule: "plateau" }), [0.8, 0.8, 0.8, 0.8]);
  assertRates(rates({ schedule: "plateau" }, { plateaus: 2 }), [0.2, 0.2, 0.2, 0.2]);
  // Half a wave over eight steps: 1, 0.8536, 0.5 and 0.1464 of the rate at every other one.
  const wave = [0.8, 0.4 + 0.4 * Math.SQRT1_2, 0.4, 0.4 - 0.4 * Math.SQRT1_2];
  assertRates(rates({ schedule: "cosine" }), wave);
});

Deno.test("learningRateAt() is that of one epoch before the next, to the bit", () => {
  const [first, second] = rates({ schedule: "exponential", learningRateDecay: 0.9 }, { every: 1 })
    .slice(4, 6);
  assert.equal(first, 0.8 * 0.9 ** 2);
  assert.equal(second, first);
});

Deno.test("learningRateAt() rises first, by steps or epochs", () => {
  const rising = [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8];
  assertRates(rates({ warmup: { count: 4, unit: "steps" } }, { every: 1 }), rising);
  assertRates(rates({ warmup: { count: 2, unit: "epochs" } }, { every: 1 }), rising);
  const both = { warmup: { count: 4, unit: "steps" } } as const;
  assertRates(
    rates({ ...both, schedule: "exponential" }, { every: 1 }),
    [0.2, 0.4, 0.3, 0.4, 0.2, 0.2, 0.1, 0.1],
  );
  // The wave goes over the four steps that are left.
  assertRates(
    rates({ ...both, schedule: "cosine" }, { every: 1 }),
    [0.2, 0.4, 0.6, 0.8, 0.8, 0.4 + 0.4 * Math.SQRT1_2, 0.4, 0.4 - 0.4 * Math.SQRT1_2],
  );
  const longer = { schedule: "cosine", warmup: { count: 9, unit: "epochs" } } as const;
  assert(rates(longer).every(Number.isFinite));
});

Deno.test("afterValidation() counts to a plateau and anew, and forgets at a better one", () => {
  const counts = [true, false, false, false, true, false].reduce(
    (all, isBest) => [...all, afterValidation(all.at(-1)!, isBest, 2)],
    [FRESH],
  );
  assert.deepEqual(counts.map(({ sinceBest }) => sinceBest), [0, 0, 1, 2, 3, 0, 1]);
  assert.deepEqual(counts.map(({ sincePlateau }) => sincePlateau), [0, 0, 1, 0, 1, 0, 1]);
  assert.deepEqual(counts.map(({ plateaus }) => plateaus), [0, 0, 0, 1, 1, 1, 1]);
});
