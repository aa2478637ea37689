import assert from "node:assert/strict";
import { ATTRIBUTES, hasAttribute, labelsOf } from "../../../pipeline/face/attributes.ts";
import type { EpochLine } from "../../../pipeline/train/files/log.ts";
import { epochText } from "../../../pipeline/cli/stages/training.ts";
import { metricsText } from "../../../pipeline/cli/text/metrics.ts";
import {
  gatherEvidence,
  type Metrics,
  MetricsAccumulator,
} from "../../../pipeline/metrics/metrics.ts";
import { joinOverlaps, type MaskOverlap, NOWHERE } from "../../../pipeline/metrics/mask_overlap.ts";
import { parseMetrics } from "../../../pipeline/metrics/metrics_file.ts";
import {
  encodePredictions,
  type Predictions,
  predictionsPath,
  readPredictions,
} from "../../../pipeline/metrics/predictions.ts";
import { maskSize } from "../../../pipeline/network/network.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { attributeRegionMasks, regionBits } from "../../../pipeline/face/regions.ts";
import { countOverlap, priorCells } from "../../../pipeline/train/count_overlap.ts";
import type { Learner } from "../../../pipeline/compute/learner.ts";
import { measure } from "../../../pipeline/train/measure.ts";
import { noiseBatch, smallConfig } from "../../contexts/train_context.ts";

const A = ATTRIBUTES.length;
const [SMILING, BALD, NOSE] = ["Smiling", "Bald", "Big_Nose"].map((name) =>
  ATTRIBUTES.findIndex((other) => other === name)
) as [number, number, number];

/** Maps f32 [faces, cells, A] that are 0 but for some attributes', given face by face. */
function mapsOf(...faces: Readonly<Record<number, readonly number[]>>[]): Float32Array {
  const cells = Object.values(faces[0]!)[0]!.length;
  const maps = new Float32Array(faces.length * cells * A);
  faces.forEach((columns, face) => {
    for (const [column, values] of Object.entries(columns)) {
      values.forEach((value, cell) => maps[(face * cells + cell) * A + Number(column)] = value);
    }
  });
  return maps;
}

const MOUTH = regionBits(["mouth"]);

/** A face each: off by a cell, without landmarks, and one that has no attribute. */
function byHand(prior: Uint8Array | null): MaskOverlap {
  return countOverlap(
    mapsOf(
      {
        [SMILING]: [0.6, 0.2, 0.9, 0.1, 0.5, 0],
        [BALD]: [0, 0, 0, 0, 0, 0.8],
        [NOSE]: [0.9, 0, 0, 0, 0, 0],
      },
      { [SMILING]: [0.9, 0, 0, 0, 0, 0] },
      { [SMILING]: [0.9, 0.9, 0.9, 0, 0, 0] },
    ),
    Uint32Array.of(
      ...[MOUTH, MOUTH | regionBits(["chin"]), 0, regionBits(["nose"]), 0, 0],
      ...[0, 0, 0, 0, 0, 0],
      ...[MOUTH, MOUTH, MOUTH, MOUTH, MOUTH, MOUTH],
    ),
    [labelsOf(["Smiling", "Bald"]), labelsOf(["Smiling"]), 0],
    prior,
  );
}

/** One attribute's values of an array, face by face. */
function column(array: Uint32Array | Uint8Array | undefined, a: number): number[] {
  return Array.from(array ?? []).filter((_, at) => at % A === a);
}

Deno.test("countOverlap() counts cases done by hand", () => {
  const prior = new Float32Array(6 * A);
  [0.9, 0.51, 0.5, 0.7].forEach((value, cell) => prior[cell * A + SMILING] = value);
  const overlap = byHand(priorCells(prior));
  // The map is cells 0 and 2, the region 0 and 1; a half is not above one half.
  assert.deepEqual(column(overlap.intersection, SMILING), [1, 0, 0]);
  assert.deepEqual(column(overlap.union, SMILING), [3, 1, 3]);
  // The maximum is cell 2; without landmarks and without the attribute there is nothing to point at.
  assert.deepEqual(column(overlap.pointing, SMILING), [0, NOWHERE, NOWHERE]);
  // The prior is cells 0, 1 and 3.
  assert.deepEqual(column(overlap.priorIntersection, SMILING), [2, 0, 0]);
  assert.deepEqual(column(overlap.priorUnion, SMILING), [3, 0, 0]);
  // A bald head outside of the picture: an empty region counts in the joint union alone.
  assert.deepEqual(column(overlap.union, BALD), [1, 0, 0]);
  assert.deepEqual(column(overlap.pointing, BALD), [NOWHERE, NOWHERE, NOWHERE]);
  assert.deepEqual(column(overlap.union, NOSE), [1, 0, 0]);
  assert.deepEqual(column(overlap.pointing, NOSE), [NOWHERE, NOWHERE, NOWHERE]);
  assert.deepEqual(Object.keys(byHand(null)), ["intersection", "union", "pointing"]);
});

Deno.test("countOverlap() points at the first of equal cells", () => {
  const point = (values: number[], region: number) => {
    const bits = Uint32Array.from(values, (_, cell) => cell === region ? MOUTH : 0);
    const { pointing } = countOverlap(mapsOf({ [SMILING]: values }), bits, [labelsOf(["Smiling"])]);
    return pointing![SMILING];
  };
  assert.equal(point([0.3, 0.7, 0.7, 0], 1), 1);
  assert.equal(point([0.3, 0.7, 0.7, 0], 2), 0);
  assert.equal(point([0, 0, 0], 0), 1, "an empty map points at its first cell");
  assert.equal(point([-2, -1, -3], 1), 1, "maps may lie below zero");
});

/** The definition, in plain loops. */
function naive(
  maps: Float32Array,
  bits: Uint32Array,
  labels: readonly number[],
  prior: Float32Array,
): Record<string, number[]> {
  const cells = bits.length / labels.length;
  const rows = labels.flatMap((label, face) =>
    ATTRIBUTES.map((_, a) => {
      const has = hasAttribute(label, a);
      const map = Array.from({ length: cells }, (_, cell) => maps[(face * cells + cell) * A + a]!);
      const region = map.map((_, cell) =>
        has && (bits[face * cells + cell]! & attributeRegionMasks()[a]!) !== 0
      );
      const count = (is: (cell: number) => boolean) => map.filter((_, cell) => is(cell)).length;
      const seen = region.includes(true);
      const constant = (cell: number) => seen && prior[cell * A + a]! > 0.5;
      return {
        intersection: count((cell) => region[cell]! && map[cell]! > 0.5),
        union: count((cell) => region[cell]! || map[cell]! > 0.5),
        priorIntersection: count((cell) => region[cell]! && constant(cell)),
        priorUnion: count((cell) => region[cell]! || constant(cell)),
        pointing: seen ? Number(region[map.indexOf(Math.max(...map))]) : NOWHERE,
      };
    })
  );
  const of = (name: keyof typeof rows[number]) => rows.map((row) => row[name]);
  return {
    intersection: of("intersection"),
    union: of("union"),
    priorIntersection: of("priorIntersection"),
    priorUnion: of("priorUnion"),
    pointing: of("pointing"),
  };
}

/** Random faces of some cells, with ties. */
function randomCase(seed: number, cells: number) {
  const random = new Random(seed);
  const faces = 1 + random.integer(4);
  return {
    maps: Float32Array.from({ length: faces * cells * A }, () => random.integer(7) / 6),
    bits: Uint32Array.from(
      { length: faces * cells },
      () => random.next() < 0.6 ? 0 : 1 << random.integer(14),
    ),
    labels: Array.from({ length: faces }, () => random.integer(2 ** A)),
    prior: Float32Array.from({ length: cells * A }, () => random.next()),
  };
}

Deno.test("countOverlap() agrees with the definition at odd sizes, and the comparison can fail", () => {
  for (const [seed, cells] of [1, 2, 63, 64, 65].entries()) {
    const { maps, bits, labels, prior } = randomCase(seed, cells);
    const got = countOverlap(maps, bits, labels, priorCells(prior));
    const plain = Object.fromEntries(
      Object.entries(got).map(([name, array]) => [name, Array.from(array as Uint32Array)]),
    );
    const wanted = naive(maps, bits, labels, prior);
    assert.deepEqual(plain, wanted, `seed ${seed}, ${cells} cells`);
    wanted.pointing![seed]! ^= 1;
    assert.throws(() => assert.deepEqual(plain, wanted));
  }
});

/** Measures of the faces done by hand and of one more that has the attribute. */
function measured(prior: boolean): Metrics {
  const cells = new Float32Array(6 * A).map((_, at) => at % A === SMILING && at < 2 * A ? 1 : 0);
  const more = countOverlap(
    mapsOf({ [SMILING]: [0, 0.2, 0.9, 0.1, 0.1, 0] }),
    Uint32Array.of(0, 0, MOUTH, MOUTH, MOUTH, MOUTH),
    [labelsOf(["Smiling"])],
    prior ? priorCells(cells) : null,
  );
  const accumulator = new MetricsAccumulator();
  const logits = new Float32Array(4 * A).fill(-1);
  const labels = [labelsOf(["Smiling", "Bald"]), labelsOf(["Smiling"]), 0, labelsOf(["Smiling"])];
  const overlap = joinOverlaps([byHand(prior ? priorCells(cells) : null), more]);
  accumulator.add({ logits, labels, overlap });
  return accumulator.result("test");
}

Deno.test("localisation, prior and pointing leave out what has nothing to point at", () => {
  const metrics = measured(true);
  const { localisationIoU, priorIoU, pointing, maskIoU } = metrics.attributes[SMILING]!;
  // 1 of 3 cells and 1 of 4; 2 of 2 and 0 of 6; one miss and one hit. The joint one has two more faces.
  assert.equal(localisationIoU, (1 + 1) / (3 + 4));
  assert.equal(priorIoU, 2 / (2 + 6));
  assert.equal(pointing, 1 / 2);
  assert.equal(maskIoU, (1 + 1) / (3 + 1 + 3 + 4));
  const bald = metrics.attributes[BALD]!;
  assert.deepEqual([bald.localisationIoU, bald.priorIoU, bald.pointing], [null, null, null]);
  assert.equal(bald.maskIoU, 0);
  assert.equal(metrics.localisationIoU, 2 / 7, "the mean skips what is undefined");
  assert.deepEqual([metrics.priorIoU, metrics.pointing], [2 / 8, 1 / 2]);
  const without = measured(false);
  assert.deepEqual([without.priorIoU, without.localisationIoU], [null, 2 / 7]);
});

Deno.test("MetricsAccumulator refuses overlaps of which some know more than others", () => {
  const accumulator = new MetricsAccumulator();
  const batch = { logits: new Float32Array(A), labels: [0] };
  const counts = new Uint32Array(A);
  const overlap = { intersection: counts, union: counts, pointing: new Uint8Array(A) };
  accumulator.add({ ...batch, overlap });
  const { pointing: _, ...less } = overlap;
  assert.throws(() => accumulator.add({ ...batch, overlap: less }), /some batches have them/);
  assert.throws(
    () => accumulator.add({ ...batch, overlap: { ...overlap, pointing: new Uint8Array(1) } }),
    /pointing needs 1 x 40 values, it has 1/,
  );
});

Deno.test("measure() counts no cell of a face without landmarks, and wants a prior of the masks' size", async () => {
  const config = smallConfig();
  const mask = maskSize(config.network);
  const { faces } = noiseBatch(config, 3, 5);
  const cells = mask.height * mask.width;
  const forward = ({ faces }: { readonly faces: readonly unknown[] }) =>
    Promise.resolve({
      logits: new Float32Array(faces.length * A),
      maps: new Float32Array(faces.length * cells * A).fill(1),
      losses: [0, 0, 0],
    });
  const learner = { forward } as unknown as Learner;
  const options = { split: "test", batch: 2, input: config.network.input, mask };
  const prior = new Float32Array(cells * A).fill(1);
  const { metrics } = await measure(learner, faces, { ...options, prior });
  const { localisationIoU, priorIoU, pointing, maskIoU } = metrics;
  assert.deepEqual([localisationIoU, priorIoU, pointing, maskIoU], [null, null, null, null]);
  await assert.rejects(measure(learner, faces, { ...options, prior: prior.subarray(1) }), {
    name: "TypeError",
    message: /masks of 14x9 cells: the prior needs 126 x 40 values, it has 5039/,
  });
});

/** Faces with everything that a mask is measured by. */
function randomPredictions(faces: number, seed: number): Predictions {
  const random = new Random(seed);
  const numbers = { length: faces * A };
  const union = Uint32Array.from(numbers, () => 1 + random.integer(40));
  const part = (of: Uint32Array) => of.map((count) => random.integer(count + 1));
  return {
    split: "test",
    images: Array.from({ length: faces }, (_, face) => `${face}.jpg`),
    labels: Array.from({ length: faces }, () => random.integer(2 ** A)),
    logits: Float32Array.from(numbers, () => random.normal()),
    intersection: part(union),
    union,
    priorIntersection: part(union),
    priorUnion: union.slice(),
    pointing: Uint8Array.from(numbers, () => [0, 1, NOWHERE][random.integer(3)]!),
  };
}

function metricsOf(predictions: Predictions): Metrics {
  const { logits, labels } = predictions;
  const accumulator = new MetricsAccumulator();
  accumulator.add({ logits, labels, overlap: predictions });
  const metrics = accumulator.result("test");
  return { ...metrics, evidence: gatherEvidence(metrics, predictions, null) };
}

Deno.test("intervals of localisation and pointing are the same every time, and hold the measure", () => {
  const predictions = randomPredictions(80, 3);
  const { evidence, localisationIoU, pointing, attributes } = metricsOf(predictions);
  assert.deepEqual(metricsOf(predictions).evidence, evidence);
  const holds = (interval: readonly number[] | null, value: number | null) =>
    assert(interval![0]! < value! && value! < interval![1]!, `${interval} holds ${value}`);
  holds(evidence!.intervals.localisationIoU, localisationIoU);
  holds(evidence!.intervals.pointing, pointing);
  holds(evidence!.attributes[7]!.intervals.localisationIoU, attributes[7]!.localisationIoU);
  holds(evidence!.attributes[7]!.intervals.pointing, attributes[7]!.pointing);
});

Deno.test("predictions of older versions are read; what they do not tell is null", async () => {
  const run = await Deno.makeTempDir({ prefix: "localisation" });
  try {
    const whole = randomPredictions(9, 4);
    const write = (predictions: Predictions) =>
      Deno.writeFile(predictionsPath(run), encodePredictions(predictions));
    await write(whole);
    assert.deepEqual(await readPredictions(run), whole);
    const { priorIntersection: _, priorUnion: __, pointing: ___, ...older } = whole;
    await write(older);
    const read = await readPredictions(run);
    assert.deepEqual(read, older);
    const metrics = metricsOf(read!);
    const { localisationIoU, priorIoU, pointing, maskIoU, evidence } = metrics;
    assert.deepEqual([localisationIoU, priorIoU, pointing], [null, null, null]);
    assert.equal(maskIoU, metricsOf(whole).maskIoU);
    const { intervals } = evidence!;
    assert.deepEqual([intervals.localisationIoU, intervals.pointing], [null, null]);
    assert.deepEqual(JSON.parse(JSON.stringify(metrics)), metrics, "NaN is not JSON");
    await write({ ...whole, pointing: whole.pointing!.with(5, 2) });
    await assert.rejects(readPredictions(run), /a value of pointing is neither 0, 1 nor 255/);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});

const LATER = ["localisationIoU", "priorIoU", "pointing"];

/** JSON without the fields that came later. */
function older(value: unknown): string {
  return JSON.stringify(value, (key, inner) => LATER.includes(key) ? undefined : inner);
}

Deno.test("metrics.json has localisation, prior and pointing, and reads as nulls without", () => {
  const metrics = metricsOf(randomPredictions(20, 5));
  const json = JSON.stringify(metrics);
  assert.deepEqual(parseMetrics(json, "metrics.json"), metrics);
  for (const  of of[metrics, metrics.attributes[3]!] as object[]) {
    for (const name of LATER) assert(typeof (of as Record<string, unknown>)[name] === "number");
  }
  const read = parseMetrics(older(metrics), "metrics.json");
  const wanted = JSON.stringify(metrics, (key, value) => LATER.includes(key) ? null : value);
  assert.deepEqual(read, JSON.parse(wanted));
  assert.throws(
    () => parseMetrics(json.replace(/"pointing":[^,]*/, '"pointing":"x"'), "metrics.json"),
    /metrics\.json:1: .*pointing is no number/,
  );
});

Deno.test("the terminal says localisation first, with the prior beside it", () => {
  const metrics = metricsOf(randomPredictions(20, 6));
  const text = metricsText(metrics);
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith("localisation "));
  assert.match(lines[at]!, /^localisation \d+\.\d % \[.*\], always the mean mask: \d+\.\d %$/);
  assert.match(lines[at + 1]!, /^pointing \d+\.\d % \[/);
  assert.match(lines[at + 2]!, /^joint mask IoU .* \d+\.\d % \[/);
  assert.match(metricsText({ ...metrics, priorIoU: null }), /\nlocalisation [^:\n]*\n/);
});

Deno.test("epochText() tells localisation beside the prior", () => {
  const losses = { loss: 0.5, attributeLoss: 0.4, maskLoss: 0.1 };
  const shares = { accuracy: 0.8, balancedAccuracy: 0.712, pointing: 0.9, maskIoU: 0.05 };
  const line = (localisationIoU: number | null, priorIoU: number | null): EpochLine => ({
    ...{ type: "epoch", epoch: 2, learningRate: 0.01, seconds: 1, imagesPerSecond: 1 },
    ...{ waitShare: 0, train: losses },
    validation: { ...losses, ...shares, localisationIoU, priorIoU },
  });
  const start = "epoch 3 of 10: loss 0.5000, validation 0.5000, balanced accuracy 71.2 %";
  assert.equal(epochText(line(0.68, 0.651), 10), `${start}, localisation 68.0 % (prior 65.1 %)`);
  assert.equal(epochText(line(0.68, null), 10), `${start}, localisation 68.0 %`);
  assert.equal(epochText(line(null, null), 10), start);
});
