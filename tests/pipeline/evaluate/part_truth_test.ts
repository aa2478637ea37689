import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { compare } from "../../../pipeline/compare.ts";
import { decodeSample } from "../../../pipeline/evaluate/samples.ts";
import { evaluate, type EvaluateOptions } from "../../../pipeline/evaluate.ts";
import { regionsOf } from "../../../pipeline/face/faces.ts";
import { FRAME } from "../../../pipeline/face/frame.ts";
import { regionBitsOf } from "../../../pipeline/face/region_bits.ts";
import { ATTRIBUTE_REGIONS, type Region, REGIONS } from "../../../pipeline/face/regions.ts";
import { metricsText } from "../../../pipeline/cli/text/metrics.ts";
import { NOWHERE } from "../../../pipeline/metrics/mask_overlap.ts";
import { parseMetrics } from "../../../pipeline/metrics/metrics_file.ts";
import { readPredictions } from "../../../pipeline/metrics/predictions.ts";
import { PARTS, type PartTable } from "../../../pipeline/parts/part_table.ts";
import { renderHeadline } from "../../../pipeline/report/sections/headline.ts";
import { renderWhere } from "../../../pipeline/report/sections/where.ts";
import { train } from "../../../pipeline/train.ts";
import { partPath, writeParts } from "../../fixtures/part_files.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";

const A = ATTRIBUTES.length;

/** A run with a prior, trained for a step, shared by the tests of this file and removed at the end. */
const folder = await Deno.makeTempDir({ prefix: "parts-" });
const [run, masks] = [join(folder, "run"), join(folder, "masks")];
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
{
  using backend = await openBackend("wasm");
  const network = { ...smallConfig().network, maskHead: "context" } as const;
  const config = smallConfig({ epochs: 1, batch: 16, network, maskLoss: "bce+dice" });
  await train({ records: someFaces(), config, backend, out: run });
  for await (const record of someFaces()) if (record.split === "test") await drawParts(record);
}

/** The part that stands for a region here, whatever its name. */
function partOf(region: Region): string {
  return PARTS[REGIONS.indexOf(region)]!;
}

/** Each attribute's own regions. */
const TABLE: PartTable = Object.fromEntries(
  ATTRIBUTES.map((name) => [name, ATTRIBUTE_REGIONS[name].map(partOf)]),
);

/** Draws the 14 regions of a face as masks of parts. */
async function drawParts(record: Parameters<typeof regionsOf>[0]): Promise<void> {
  const size = [FRAME.width, FRAME.height] as const;
  const bits = regionBitsOf(regionsOf({ ...record, size })!, FRAME);
  for (const [bit, region] of REGIONS.entries()) {
    const cells = Array.from(bits, (word) => (word >> bit) & 1 ? "#" : ".").join("");
    if (!cells.includes("#")) continue;
    const rows = Array.from(
      { length: FRAME.height },
      (_, y) => cells.slice(y * FRAME.width, (y + 1) * FRAME.width),
    );
    await writeParts(masks, parseInt(record.image), { [partOf(region)]: rows });
  }
}

/** Measures the eight faces of the test split. */
async function measure(options: Partial<EvaluateOptions> = {}) {
  using backend = await openBackend("wasm");
  return await evaluate({ run, records: someFaces(), split: "test", backend, ...options });
}

async function* withoutPoints() {
  for await (const record of someFaces()) yield { ...record, points: null };
}

Deno.test("evaluate() gives by masks of our own regions what it gives by landmarks", async () => {
  const drawn = await measure();
  const faces = async () => JSON.parse(await Deno.readTextFile(join(run, "samples.json")));
  const samples = await faces();
  assert.equal(drawn.truth, "landmarks");
  assert(drawn.localisationIoU! > 0.2 && drawn.priorIoU! > 0.2, "there is something to compare");
  const { truth, landmarkIoU, attributes, ...others } = await measure({
    masks: { folder: masks, parts: TABLE },
  });
  assert.deepEqual(truth, { masks, parts: TABLE });
  assert.equal(landmarkIoU, 1);
  const plain = attributes.map(({ landmarkIoU, ...others }) => {
    assert.equal(landmarkIoU, others.localisationIoU === null ? null : 1, others.name);
    return others;
  });
  const { truth: _, ...wanted } = drawn;
  assert.deepEqual({ ...others, attributes: plain }, wanted);
  assert.deepEqual(await faces(), samples, "the report shows the same masks");
  // By masks alone, too, of faces without landmarks.
  const alone = await measure({ records: withoutPoints(), masks: { folder: masks, parts: TABLE } });
  assert.equal(alone.localisationIoU, wanted.localisationIoU);
  assert.equal(alone.landmarkIoU, null);
  // And not by those of another face.
  const nose = (number: number) => partPath(masks, number, partOf("nose"));
  const [one, two] = await Promise.all(
    (await testFaces()).slice(0, 2).map(async (image) => {
      const path = nose(parseInt(image));
      return { path, bytes: await Deno.readFile(path) };
    }),
  );
  await Deno.writeFile(one!.path, two!.bytes);
  const other = await measure({ masks: { folder: masks, parts: TABLE } });
  await Deno.writeFile(one!.path, one!.bytes);
  assert(other.landmarkIoU! < 1);
  assert.notEqual(other.localisationIoU, wanted.localisationIoU);
});

/** The names of the faces that are measured. */
async function testFaces(): Promise<string[]> {
  const records = await Array.fromAsync(someFaces());
  return records.filter(({ split }) => split === "test").map(({ image }) => image);
}

Deno.test("evaluate() measures where by the parts that a table has, and counts faces without", async () => {
  const [first, second] = (await testFaces()).map((image) => parseInt(image));
  const place = join(folder, "some");
  // The upper half of a face is its mouth; another face has masks of another shape.
  const half = Array.from({ length: 22 }, (_, y) => (y < 11 ? "#" : ".").repeat(18));
  await writeParts(place, first!, { mouth: half });
  await writeParts(place, second!, { mouth: half.slice(0, 10) });
  const parts = { Smiling: ["mouth"], Mouth_Slightly_Open: ["mouth", "hat"], Young: ["hat"] };
  const metrics = await measure({ masks: { folder: place, parts } });
  assert.equal(metrics.images, 8, "all are measured by their labels");
  const [, counted] = metrics.faces;
  assert.deepEqual(counted!.leftOut.map(({ reason, faces }) => [reason, faces]), [
    ["it has no part masks", 6],
    ["its part masks cannot be used", 1],
  ]);
  const { intersection, union, pointing, labels, ...predictions } = (await readPredictions(run))!;
  const measured = metrics.attributes.filter(({ maskIoU }) => maskIoU !== null);
  assert(measured.every(({ name }) => name in parts), "no other attribute is measured");
  const { faces } = JSON.parse(await Deno.readTextFile(join(run, "samples.json")));
  assert.equal(faces.length, 1);
  const { truth, mask } = decodeSample(faces[0]);
  const column = ATTRIBUTES.indexOf("Smiling");
  const cells = mask.height * mask.width;
  const shown = truth.subarray(column * cells, (column + 1) * cells);
  const isSmiling = Math.floor(labels[0]! / 2 ** column) % 2 === 1;
  assert.deepEqual(
    Array.from(shown),
    Array.from(shown, (_, at) => Number(isSmiling && at < cells / 2)),
  );
  for (let at = 0; at < labels.length * A; at++) {
    if (at < A && ATTRIBUTES[at]! in parts) continue;
    assert.deepEqual([intersection[at], union[at], pointing![at]], [0, 0, NOWHERE], String(at));
    assert.equal(predictions.landmarkUnion![at], 0);
  }
});

Deno.test("what an evaluation was measured against is in its file, texts, and comparisons", async () => {
  const other = join(folder, "other");
  const parts = { Smiling: [partOf("mouth")], Young: [partOf("chin")] };
  const metrics = await measure({ masks: { folder: masks, parts } });
  const text = await Deno.readTextFile(join(run, "metrics.json"));
  const read = parseMetrics(text, "metrics.json");
  assert.deepEqual(read.truth, { masks, parts });
  assert.equal(read.landmarkIoU, metrics.landmarkIoU);
  const broken = text.replace('"masks":', '"mask":');
  assert.throws(() => parseMetrics(broken, "metrics.json"), /metrics\.json:1: .*truth/);
  assert.match(
    metricsText(metrics),
    /\nwhere is measured against hand-made masks of parts \(2 attributes\)\nlocalisation .*, masks of landmarks: \d+\.\d %\n/,
  );
  assert.match(renderHeadline(metrics, run).text, /mean mask .* %, .*, by hand-made masks/);
  assert.match(renderWhere(metrics).text, /Measured\s+against hand-made masks of parts \(2 attri/);
  const card = await Deno.readTextFile(join(run, "model", "README.md"));
  assert.match(card, /pointing .*, against hand-made masks of parts \(2 attributes\)/);
  await Deno.rename(run, other);
  await Deno.mkdir(run);
  for await (const { name, isFile } of Deno.readDir(other)) {
    if (isFile) await Deno.copyFile(join(other, name), join(run, name));
  }
  await compare({ runs: [run, other] });
  const rewrite = (truth: object | undefined) =>
    Deno.writeTextFile(join(other, "metrics.json"), JSON.stringify({ ...metrics, truth }));
  await rewrite({ masks: "/elsewhere", parts });
  await compare({ runs: [run, other] });
  await rewrite({ masks, parts: { Smiling: parts.Smiling } });
  await assert.rejects(
    compare({ runs: [run, other] }),
    /where was measured .*\(1 attributes\), not/,
  );
  await rewrite({ masks, parts: { ...parts, Young: [partOf("nose")] } });
  await assert.rejects(compare({ runs: [run, other] }), /measured against parts by another table/);
  await rewrite(undefined);
  await assert.rejects(
    compare({ runs: [run, other] }),
    /where was measured against regions drawn from landmarks, not against hand-made masks/,
  );
});
