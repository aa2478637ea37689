import assert from "node:assert/strict";
import {
  beginWith,
  edit,
  isEdited,
  movePoint,
  redo,
  undo,
} from "../../../pipeline/view/page/correct/edit_history.ts";
import { anchorsOf, fitShape } from "../../../pipeline/view/page/correct/fit_shape.ts";
import type { Spot } from "../../../pipeline/view/page/spots.ts";
import { MEAN_FACE } from "../../../pipeline/view/page/correct/mean_face.ts";
import { POINT_GROUPS } from "../../../pipeline/view/page/correct/point_groups.ts";

/** The mean face, turned to the side, then rolled, enlarged and moved. */
function seen(side: number, roll: number): number[] {
  const [cos, sin] = [30 * Math.cos(roll), 30 * Math.sin(roll)];
  return Array.from({ length: 68 }, (_, point) => {
    const [x, y, z] = MEAN_FACE.slice(3 * point, 3 * point + 3) as [number, number, number];
    const across = x * Math.cos(side) + z * Math.sin(side);
    return [cos * across - sin * y + 89, sin * across + cos * y + 112];
  }).flat();
}

/** Mean distance of points, in pixels. */
function distance(points: readonly number[], others: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < points.length; at += 2) {
    sum += Math.hypot(points[at]! - others[at]!, points[at + 1]! - others[at + 1]!);
  }
  return sum / (points.length / 2);
}

Deno.test("fitShape() gives the mean face back from its five anchors, from the front and from the side", () => {
  for (const side of [-1.2, -0.6, 0, 0.3, 0.9]) {
    for (const roll of [-0.5, 0, 2]) {
      const face = seen(side, roll);
      const off = distance(fitShape(anchorsOf(face)).points, face);
      // Of 30 pixels between the eyes, as seen from the front.
      assert(off < 1.2, `turned by ${side}, rolled by ${roll}: ${off} pixels`);
    }
  }
  const same: Spot[] = Array(5).fill([3, 3]);
  assert.throws(() => fitShape(same), RangeError);
});

Deno.test("fitShape() knows left from right by where the clicks lie, in whatever order they come", () => {
  for (const side of [-1.3, -1, 0, 0.5]) {
    for (const roll of [0, 90, 135, 180]) {
      const face = seen(side, roll / 180 * Math.PI);
      // Nobody clicks exactly.
      const anchors = anchorsOf(face).map((
        [x, y],
        i,
      ): Spot => [x + (i % 2) - 0.5, y + i / 4 - 0.5]);
      const [left, right, nose, corner, other] = anchors as [Spot, Spot, Spot, Spot, Spot];
      const expected = fitShape(anchors);
      assert.deepEqual(expected.anchors, anchors, `turned by ${side}, rolled by ${roll}`);
      assert(distance(expected.points, face) < 3, `turned by ${side}, rolled by ${roll}`);
      for (const eyes of [[left, right], [right, left]]) {
        for (const mouth of [[corner, other], [other, corner]]) {
          const fitted = fitShape([...eyes, nose, ...mouth]);
          assert.deepEqual(fitted, expected, `turned by ${side}, rolled by ${roll}`);
        }
      }
    }
  }
});

Deno.test("fitShape() puts points where they were clicked", () => {
  const face = seen(0, 0);
  const anchors = anchorsOf(face).map(([x, y], i): Spot => i === 3 ? [x - 4, y + 3] : [x, y]);
  const fitted = fitShape(anchors).points;
  assert(distance(anchorsOf(fitted).flat(), anchors.flat()) < 1, "a smile to one side");
  assert(distance(fitted, face) < 2, "the rest stays");
});

Deno.test("the mean face is upright, its own mirror image, and turned to the camera", () => {
  const [left, right, nose, mouthLeft, mouthRight] = anchorsOf(seen(0, 0))
    .map(([x, y]): Spot => [(x - 89) / 30, (y - 112) / 30]);
  const near = (value: number, expected: number) =>
    assert(Math.abs(value - expected) < 0.02, `${value}`);
  for (const [axis, value] of [-0.5, 0].entries()) near(left![axis]!, value);
  for (const [axis, value] of [0.5, 0].entries()) near(right![axis]!, value);
  near(nose![0], 0);
  near(mouthLeft![0], -mouthRight![0]);
  assert(mouthLeft![1] > nose![1] && nose![1] > 0.3, "y goes down");
  const depths = Array.from({ length: 68 }, (_, point) => MEAN_FACE[3 * point + 2]!);
  assert.equal(Math.max(...depths), depths[30], "the tip of the nose is nearest");
  assert.equal(Math.min(...depths), depths[0], "the ends of the jaw are farthest");
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
