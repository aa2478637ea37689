import assert from "node:assert/strict";
import { readTable } from "../../../../pipeline/landmarks/files/landmark_file.ts";
import type { Refined } from "../../../../pipeline/view/wire.ts";
import { SAMPLE_LANDMARKS } from "../../../contexts/train_context.ts";
import { ServedView } from "../../../contexts/view_context.ts";

Deno.test("a face is refined where a person has put its points", async () => {
  await using view = await ServedView.open();
  const truth = (await readTable(SAMPLE_LANDMARKS)).get("000002.jpg")!;
  const rough = Array.from(truth, (value, i) => value + (i % 5) - 2);
  const refine = (points: readonly number[]) =>
    view.send<Refined>("POST", "/api/faces/1/refine", { points });
  const [status, { points }] = await refine(rough);
  assert.equal(status, 200);
  assert.equal(points?.length, 136);
  const distance = points!.reduce((sum, value, i) => sum + Math.abs(value - truth[i]!), 0) / 136;
  assert(distance < 4, `the points are ${distance} pixels from the true ones`);
  assert.equal((await refine(rough.slice(1)))[0], 400);
});
