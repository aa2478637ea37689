import assert from "node:assert/strict";
import { curveAlong, endOf, interpolate } from "../../../pipeline/view/page/runs/curves.ts";
import type { RunLog } from "../../../pipeline/view/wire.ts";

/** Two epochs of four steps that took 10 and 30 seconds, and half of a third one. */
const LOG = {
  epochs: [{ epoch: 0, seconds: 10 }, { epoch: 1, seconds: 30 }],
  steps: {
    steps: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    epochs: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25],
  },
} as unknown as RunLog;

Deno.test("curveAlong() puts values where epochs, steps or time are", () => {
  const placed = { at: [0, 0.5, 1, 2, 2.5], values: [5, 4, 3, null, 1] };
  const along = (axis: "epochs" | "steps" | "seconds") => curveAlong(axis, LOG, placed);
  assert.deepEqual(along("epochs"), { x: placed.at, y: placed.values });
  assert.deepEqual(along("steps"), { x: [0, 2, 4, 8, 10], y: placed.values });
  // What comes after the last epoch is as fast as that.
  assert.deepEqual(along("seconds"), { x: [0, 5, 10, 40, 55], y: placed.values });
  const line = { name: "", colour: "", main: along("steps"), beside: { x: [3], y: [1] } };
  assert.equal(endOf([line]), 10);
  assert.equal(endOf([]), 0);
});

Deno.test("curveAlong() is empty before it is known how long an epoch takes", () => {
  const placed = { at: [0.5], values: [4] };
  assert.deepEqual(curveAlong("seconds", { ...LOG, epochs: [] }, placed), { x: [], y: [] });
});

Deno.test("interpolate() goes on beyond both ends", () => {
  const at = (x: number) => interpolate(x, [0, 1, 3], [0, 10, 30]);
  assert.deepEqual([-1, 0, 0.5, 1, 2, 3, 4].map(at), [-10, 0, 5, 10, 20, 30, 40]);
});
