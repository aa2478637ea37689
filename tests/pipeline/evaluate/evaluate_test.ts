import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { meansOf } from "../../../pipeline/cli/stages/evaluating.ts";
import { evaluate } from "../../../pipeline/evaluate.ts";
import { MetricsAccumulator } from "../../../pipeline/metrics/metrics.ts";
import { readPredictions } from "../../../pipeline/metrics/predictions.ts";
import { chooseThresholds } from "../../../pipeline/metrics/thresholds.ts";
import { decodeSample } from "../../../pipeline/evaluate/samples.ts";
import { train } from "../../../pipeline/train.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";

/** A run trained for one epoch, shared by the tests of this file and removed at the end. */
const folder = await Deno.makeTempDir({ prefix: "evaluate-" });
const run = join(folder, "run");
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
{
  using backend = await openBackend("wasm");
  await train({ records: someFaces(), config: smallConfig({ epochs: 1 }), backend, out: run });
}

Deno.test("evaluate() measures one split and keeps faces for the report", async () => {
  using backend = await openBackend("wasm");
  const metrics = await evaluate({ run, records: someFaces(), split: "test", backend });
  assert.equal(metrics.split, "test");
  assert.equal(metrics.images, 8);
  assert.deepEqual(metrics.attributes.map(({ name }) => name), [...ATTRIBUTES]);
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(join(run, name)));
  assert.deepEqual(await read("metrics.json"), { schema: "attparsenet/metrics@1", ...metrics });
  const { schema, faces } = await read("samples.json");
  assert.deepEqual([schema, faces.length], ["attparsenet/samples@1", 8]);
  const face = decodeSample(faces[0]);
  assert.deepEqual(face.mask, { height: 14, width: 9 });
  assert(face.truth.some((pixel) => pixel === 1), "a true mask has pixels");
});

Deno.test("evaluate() counts faces without landmarks, and leaves them out of the mask IoU", async () => {
  using backend = await openBackend("wasm");
  async function* withoutPoints() {
    for await (const record of someFaces()) yield { ...record, points: null };
  }
  const options = { run, split: "test", backend } as const;
  const with_ = await evaluate({ ...options, records: someFaces() });
  const without = await evaluate({ ...options, records: withoutPoints() });
  assert.equal(without.images, 8);
  assert.equal(without.accuracy, with_.accuracy);
  assert.equal(without.maskIoU, null);
  assert.deepEqual([without.localisationIoU, without.pointing], [null, null]);
  assert(with_.localisationIoU !== null && with_.pointing !== null);
});

Deno.test("evaluate() gives the same measures for any batch size", async () => {
  using backend = await openBackend("wasm");
  const options = { run, split: "test", backend } as const;
  const one = await evaluate({ ...options, records: someFaces(), batch: 1 });
  const five = await evaluate({ ...options, records: someFaces(), batch: 5 });
  assert.deepEqual(one, five);
});

Deno.test("evaluate() keeps each face's predictions, and the faces it knows best and worst", async () => {
  using backend = await openBackend("wasm");
  const metrics = await evaluate({ run, records: someFaces(), split: "test", backend });
  const predictions = await readPredictions(run);
  assert(predictions);
  const accumulator = new MetricsAccumulator();
  const { logits, labels } = predictions;
  accumulator.add({ logits, labels, overlap: predictions });
  const { evidence, faces: _, seen: __, truth: ___, ...plain } = metrics;
  assert.deepEqual(accumulator.result(predictions.split), plain);
  const { best, worst } = JSON.parse(await Deno.readTextFile(join(run, "extremes.json")));
  assert.deepEqual([best.length, worst.length], [4, 4]);
  const names = [...best, ...worst].map(({ image }: { image: string }) => image);
  assert.deepEqual(names.sort(), predictions.images.toSorted());
  assert.equal(evidence?.tuned, null, "there were no other faces to choose thresholds on");
});

Deno.test("evaluate() chooses thresholds on the validation split, and never on what it measures", async () => {
  using backend = await openBackend("wasm");
  const options = { run, records: someFaces(), validation: someFaces(), backend };
  const done: number[] = [];
  const onProgress = (count: number) => void done.push(count);
  const tested = await evaluate({ ...options, split: "test", onProgress });
  const validated = (await Array.fromAsync(someFaces()))
    .filter(({ split }) => split === "validation").length;
  assert.equal(done.at(-1), 8 + validated);
  const { tuned, attributes } = tested.evidence!;
  assert.deepEqual([tuned?.split, tuned?.images], ["validation", validated]);
  const validation = { ...options, records: someFaces(), validation: someFaces() };
  const itself = await evaluate({ ...validation, split: "validation" });
  assert.equal(itself.evidence?.tuned, null);
  const predictions = await readPredictions(run);
  for (const [column, threshold] of chooseThresholds(predictions!).entries()) {
    assert.equal(attributes[column]!.tuned?.threshold ?? null, threshold);
  }
});

/** How far regions move logits, by backend. */
const moved: number[] = [];

for (const name of ["wasm", "webgpu"] as const) {
  const test = name === "webgpu" ? gpuTest : Deno.test;
  test(`evaluate() occludes on ${name}, and removes an older occlusion where it does not`, async () => {
    using backend = await openBackend(name);
    const options = { run, split: "test", backend } as const;
    const path = join(run, "occlusion.json");
    const done: string[] = [];
    const occlude = { faces: 3, onProgress: (...told: number[]) => void done.push(told.join("/")) };
    const metrics = await evaluate({ ...options, records: someFaces(), occlude });
    const { occlusion } = metrics;
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), {
      schema: "attparsenet/occlusion@1",
      ...occlusion,
    });
    assert.deepEqual([occlusion?.split, occlusion?.faces, done.at(-1)], ["test", 3, "3/3"]);
    assert(occlusion!.means.attributes > 20 && occlusion!.means.region!.mean > 0);
    moved.push(occlusion!.means.region!.mean);
    assert(Math.abs(moved.at(-1)! - moved[0]!) < 1e-3, `both backends say the same: ${moved}`);
    const { means } = (meansOf(metrics) as typeof metrics).occlusion!;
    assert.deepEqual(means, occlusion!.means);
    assert(!JSON.stringify(meansOf(metrics)).includes("Smiling"), "the means alone");
    const stored = JSON.parse(await Deno.readTextFile(join(run, "metrics.json")));
    assert.equal(stored.occlusion, undefined);
    const again = await evaluate({ ...options, records: someFaces() });
    assert.equal(again.occlusion, undefined);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
}

Deno.test("evaluate() with occlusion leaves the files as they were when it is stopped", async () => {
  using backend = await openBackend("wasm");
  const before = [...Deno.readDirSync(run)].map(({ name }) => name).sort();
  const abort = new AbortController();
  const occlude = { onProgress: () => abort.abort(new Error("interrupted")) };
  const options = { run, records: someFaces(), split: "test", backend, occlude } as const;
  await assert.rejects(evaluate({ ...options, signal: abort.signal }), { message: "interrupted" });
  assert.deepEqual([...Deno.readDirSync(run)].map(({ name }) => name).sort(), before);
});

Deno.test("evaluate() says so where there is nothing to evaluate", async () => {
  using backend = await openBackend("wasm");
  async function* none() {}
  await assert.rejects(
    evaluate({ run, records: none(), split: "test", backend }),
    /the split test has no readable faces/,
  );
  await assert.rejects(
    evaluate({ run: join(folder, "nothing"), records: none(), split: "test", backend }),
    /nothing is not a run/,
  );
});
