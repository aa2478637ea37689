/** That measures on faces which a run knows say so. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { meansOf } from "../../../pipeline/cli/stages/evaluating.ts";
import { metricsText } from "../../../pipeline/cli/text/metrics.ts";
import { evaluate, type EvaluateOptions } from "../../../pipeline/evaluate.ts";
import { seenText } from "../../../pipeline/metrics/metrics.ts";
import type { FaceRecord, Split } from "../../../pipeline/face/record.ts";
import { report } from "../../../pipeline/report.ts";
import { train } from "../../../pipeline/train.ts";
import { SAMPLE, smallConfig, someFaces } from "../../contexts/train_context.ts";

/** A run of one epoch on the sample, shared by the tests of this file. */
const folder = await Deno.makeTempDir({ prefix: "leakage-" });
const run = join(folder, "run");
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
{
  using backend = await openBackend("wasm");
  const data = { dataset: SAMPLE };
  const config = smallConfig({ epochs: 1 });
  await train({ records: someFaces(), config, backend, out: run, data });
}

async function measured(split: Split, records: EvaluateOptions["records"]) {
  using backend = await openBackend("wasm");
  return await evaluate({ run, split, records, backend });
}

async function* mapped(change: (record: FaceRecord) => Promise<FaceRecord> | FaceRecord) {
  for await (const record of someFaces()) yield await change(record);
}

Deno.test("evaluate() says how many of the faces the run was trained or validated on", async () => {
  const test = await measured("test", someFaces());
  assert.deepEqual(test.seen, { trained: 0, validated: 0 });
  assert.equal(seenText(test), null);
  const validation = await measured("validation", someFaces());
  assert.deepEqual(validation.seen, { trained: 0, validated: 8 });
  const trained = await measured("train", someFaces());
  assert.deepEqual(trained.seen, { trained: 16, validated: 0 });
  const warning = /16 of the 16 measured faces were trained on \(leakage\)/;
  assert.match(metricsText(trained), warning);
  assert.match(await Deno.readTextFile(await report({ run })), warning);
  const file = JSON.parse(await Deno.readTextFile(join(run, "metrics.json")));
  assert.deepEqual(file.seen, trained.seen);
  assert.deepEqual((meansOf(trained) as { seen: object }).seen, trained.seen, "with --json");
});

Deno.test("evaluate() knows files in another data set, and faces of its own that were made anew", async () => {
  const other = await Deno.makeTempDir({ dir: folder });
  let next = 0;
  // Another data set's test split: three files of this one's train split, under other names.
  const shared = await measured(
    "test",
    mapped(async (record) => {
      if (record.split !== "train" || next >= 3) return record;
      const path = join(other, `${++next}.jpg`);
      await Deno.copyFile(record.path, path);
      return { ...record, image: `${next}.jpg`, path, split: "test" };
    }),
  );
  assert.deepEqual(shared.seen, { trained: 3, validated: 0 });
  // The same names elsewhere, with other contents, are other faces.
  const faces = await Array.fromAsync(someFaces());
  const [first] = faces.filter(({ split }) => split === "train");
  const others = faces.filter(({ split }) => split === "test");
  const renamed = await measured(
    "test",
    ReadableStream.from(others.map((face) => ({ ...face, image: first!.image }))),
  );
  // They lie in the run's own data set, where a name means a face.
  assert.equal(renamed.seen?.trained, 8);
  const moved = await Promise.all(others.map(async (face) => {
    const path = join(other, `${face.image}.moved.jpg`);
    await Deno.copyFile(face.path, path);
    return { ...face, image: first!.image, path };
  }));
  const elsewhere = await measured("test", ReadableStream.from(moved));
  assert.deepEqual(elsewhere.seen, { trained: 0, validated: 0 });
});

Deno.test("evaluate() of a run without a list goes by the splits of its data set", async () => {
  await Deno.rename(join(run, "faces.csv"), join(folder, "faces.csv"));
  assert.deepEqual((await measured("train", someFaces())).seen, { trained: 16, validated: 0 });
  assert.deepEqual((await measured("test", someFaces())).seen, { trained: 0, validated: 0 });
  await Deno.rename(join(folder, "faces.csv"), join(run, "faces.csv"));
});
