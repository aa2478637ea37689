import assert from "node:assert/strict";
import {
  beginWith,
  edit,
  isEdited,
  movePoint,
  redo,
  undo,
} from "../../../pipeline/view/page/correct/edit_history.ts";
import {
  anchorsOf,
  fitShape,
  MEAN_SHAPE,
  type Spot,
} from "../../../pipeline/view/page/correct/fit_shape.ts";
import { POINT_GROUPS } from "../../../pipeline/view/page/correct/point_groups.ts";

Deno.test("fitShape() gives a moved, turned and enlarged mean shape back, from its five anchors", () => {
  assert.equal(MEAN_SHAPE.length, 136);
  const [cos, sin] = [30 * Math.cos(0.4), 30 * Math.sin(0.4)];
  const moved = MEAN_SHAPE.map((value, at) =>
    at % 2 === 0
      ? cos * value - sin * MEAN_SHAPE[at + 1]! + 89
      : sin * MEAN_SHAPE[at - 1]! + cos * value + 112
  );
  const fitted = fitShape(anchorsOf(moved));
  for (const [at, value] of moved.entries()) {
    assert(Math.abs(fitted[at]! - value) < 1e-9, `${at}: ${fitted[at]} is not ${value}`);
  }
  const anchors = anchorsOf(moved).with(2, [0, 0]);
  assert(Math.abs(fitShape(anchors)[60]! - moved[60]!) > 1, "another nose moves the face");
  const same: Spot[] = Array(5).fill([3, 3]);
  assert.throws(() => fitShape(same), RangeError);
});

Deno.test("the mean face is upright and nearly its own mirror image", () => {
  const [left, right, nose, mouthLeft, mouthRight] = anchorsOf(MEAN_SHAPE) as Spot[];
  const near = (value: number, expected: number) =>
    assert(Math.abs(value - expected) < 0.02, `${value}`);
  for (const [axis, value] of [-0.5, 0].entries()) near(left![axis]!, value);
  for (const [axis, value] of [0.5, 0].entries()) near(right![axis]!, value);
  near(nose![0], 0);
  near(mouthLeft![0], -mouthRight![0]);
  assert(mouthLeft![1] > nose![1] && nose![1] > 0.3, "y goes down");
  const grouped = POINT_GROUPS.flatMap(({ from, to }) => [from, to]);
  assert.deepEqual(grouped, [0, ...grouped.slice(1, -1), 68]);
});

Deno.test("edits can be undone and done again, until there is another one", () => {
  const points = Array.from({ length: 136 }, (_, at) => at);
  const moved = movePoint(points, 3, [7.25, 8]);
  assert.deepEqual(moved.slice(5, 9), [5, 7.25, 8, 8]);
  assert.equal(points[6], 6, "what was there stays");
  const one = edit(beginWith(points), moved);
  const two = edit(one, movePoint(moved, 4, [0, 0]));
  assert.deepEqual(undo(two).now, moved);
  assert.deepEqual(undo(undo(two)).now, points);
  assert.deepEqual(redo(undo(two)), two);
  assert.deepEqual(undo(beginWith(null)), beginWith(null));
  assert.equal(isEdited(undo(one)), false);
  assert.deepEqual(edit(undo(one), points).future, [], "a new step ends what was undone");
});
