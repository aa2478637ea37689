import assert from "node:assert/strict";
import type { StepEntry } from "../../../pipeline/report/training_log.ts";
import { Pace } from "../../../pipeline/view/runs/pace.ts";
import { StepMeans } from "../../../pipeline/view/runs/step_means.ts";

function entry(step: number, epoch: number, attributeLoss: number | null): StepEntry {
  const losses = { loss: null, attributeLoss, maskLoss: 2 };
  return { step, epoch, learningRate: 0.1, ...losses };
}

Deno.test("StepMeans keeps every step of a short run, with its place in the training", () => {
  const steps = new StepMeans();
  [[0, 0, 4], [1, 0, 3], [2, 1, null], [3, 1, 1], [4, 1, 1], [5, 2, 0]].forEach((
    [step, epoch, loss],
  ) => steps.add(entry(step!, epoch!, loss!)));
  assert.deepEqual(steps.curve(4), {
    ...{ stride: 1, steps: [0, 1, 2, 3, 4, 5] },
    epochs: [0, 0.5, 1, 1.3333333, 1.6666667, 2],
    ...{ attributeLoss: [4, 3, null, 1, 1, 0], maskLoss: [2, 2, 2, 2, 2, 2] },
    learningRate: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
  });
  assert.equal(steps.count, 6);
  assert.equal(steps.beginOf(1), 2);
  assert.equal(steps.beginOf(3), undefined);
});

Deno.test("StepMeans says the means of stretches of a long run, in 2,048 points at most", () => {
  const [count, perEpoch] = [100_000, 30_000];
  const steps = new StepMeans();
  for (let step = 0; step < count; step++) {
    steps.add(entry(step, Math.floor(step / perEpoch), step % 2 === 0 ? step : null));
    if (step % 10_000 === 0) assert(steps.curve(perEpoch).steps.length <= 2048, `${step}`);
  }
  const curve = steps.curve(perEpoch);
  assert.equal(curve.stride, 64);
  assert.equal(curve.steps.length, Math.ceil(count / 64));
  // Of steps 64 to 127 the even ones have a loss, from 64 to 126.
  assert.equal(curve.attributeLoss[1], 95);
  assert.equal(curve.steps[1], 95.5);
  for (const [i, at] of curve.epochs.entries()) {
    assert(Math.abs(at - curve.steps[i]! / perEpoch) < 1e-6, `${i}: ${at}`);
  }
});

Deno.test("StepMeans forgets what a resumed run takes again", () => {
  const steps = new StepMeans();
  for (let step = 0; step < 10; step++) steps.add(entry(step, step < 5 ? 0 : 1, 9));
  for (let step = 4; step < 7; step++) steps.add(entry(step, step < 6 ? 0 : 1, 1));
  assert.deepEqual(steps.curve(6).attributeLoss, [9, 9, 9, 9, 1, 1, 1]);
  assert.equal(steps.beginOf(1), 6);
  assert.equal(steps.count, 7);
});

Deno.test("Pace is that of the steps of one epoch, after some seconds", () => {
  const pace = new Pace();
  assert.equal(pace.after(0, 10, 0), null);
  assert.equal(pace.after(0, 12, 1000), null, "too soon");
  assert.equal(pace.after(0, 30, 4000), 5);
  assert.equal(pace.after(0, 50, 5000), 8);
  assert.equal(pace.after(1, 60, 20_000), null, "a validation lies between");
  assert.equal(pace.after(1, 60, 40_000), null, "no step has been taken");
  assert.equal(pace.after(1, 80, 40_000), 1);
  assert.equal(pace.after(1, 40, 50_000), null, "it was resumed");
});
