import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Attribute,
  ATTRIBUTES,
  hasAttribute,
  labelsOf,
} from "../../../pipeline/face/attributes.ts";
import { readLabels } from "../../../pipeline/dataset.ts";
import { metricsText } from "../../../pipeline/cli/text/metrics.ts";
import {
  balancedAccuracyOf,
  gatherEvidence,
  MetricsAccumulator,
} from "../../../pipeline/metrics/metrics.ts";
import {
  bootstrap,
  type Interval,
  percentileInterval,
  RESAMPLED,
  type ResampledName,
} from "../../../pipeline/metrics/bootstrap.ts";
import { BINS, calibrationOf, poolCalibration } from "../../../pipeline/metrics/calibration.ts";
import {
  contradictionOf,
  countContradictions,
  RULES,
} from "../../../pipeline/metrics/consistency.ts";
import { type Evidence, NO_INTERVAL } from "../../../pipeline/metrics/measures.ts";
import { mapOverlap, NOWHERE } from "../../../pipeline/metrics/mask_overlap.ts";
import { LANES, PackedSums } from "../../../pipeline/metrics/packed_sums.ts";
import {
  encodePredictions,
  PredictionCollector,
  type Predictions,
  predictionsPath,
  readPredictions,
} from "../../../pipeline/metrics/predictions.ts";
import { sigmoid } from "../../../pipeline/numbers/probability.ts";
import {
  bootstrapP,
  holm,
  mcnemarMidP,
  normalTails,
  signFlipP,
} from "../../../pipeline/metrics/significance.ts";
import { chooseThreshold } from "../../../pipeline/metrics/thresholds.ts";
import { WeightedPrecision } from "../../../pipeline/metrics/weighted_precision.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { findExtremes } from "../../../pipeline/evaluate/extremes.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipeline/files/safetensors.ts";
import { findPython, runPeer } from "../../contexts/python_peer.ts";
import { realData, unzipTo } from "../../contexts/real_data.ts";

const A = ATTRIBUTES.length;

/** Predictions in which attribute 0 has the given logits and flags; every other one is rightly denied. */
function predictionsOf(logits: readonly number[], flags: readonly number[]): Predictions {
  const all = new Float32Array(logits.length * A).fill(-1);
  logits.forEach((logit, face) => all[face * A] = logit);
  return {
    split: "test",
    images: logits.map((_, face) => `${face}.jpg`),
    labels: flags,
    logits: all,
    intersection: new Uint32Array(all.length),
    union: new Uint32Array(all.length),
  };
}

/** Faces whose logits carry some truth: an attribute's noise grows with its column. */
function randomPredictions(faces: number, seed: number): Predictions {
  const random = new Random(seed);
  const logits = Float32Array.from({ length: faces * A }, () => random.normal() - 0.5);
  const labels = Array.from(
    { length: faces },
    (_, face) =>
      labelsOf(
        ATTRIBUTES.filter((_, column) =>
          logits[face * A + column]! + random.normal() * (column + 1) / 10 > 0
        ),
      ),
  );
  const union = Uint32Array.from({ length: faces * A }, () => random.integer(40));
  const intersection = union.map((pixels) => random.integer(pixels + 1));
  const images = labels.map((_, face) => `${face}.jpg`);
  const pointing = union.map(() => [0, 1, NOWHERE][random.integer(3)]!);
  return {
    ...{ split: "test", images, labels, logits, intersection, union },
    pointing: Uint8Array.from(pointing),
  };
}

function close(got: number | null, wanted: number, what: string, allowed = 1e-12): void {
  assert.ok(
    got !== null && Math.abs(got - wanted) <= allowed,
    `${what}: got ${got}, expected ${wanted}`,
  );
}

Deno.test("calibrationOf() measures a case done by hand", () => {
  // Bins of 1/15: 0.1 and 0.12 share bin 1, 0.95 and 1 the last one.
  const { brierScore, error, bins } = calibrationOf([0.1, 0.12, 0.95, 1], [
    false,
    true,
    true,
    true,
  ]);
  close(brierScore, (0.01 + 0.88 ** 2 + 0.05 ** 2) / 4, "Brier score");
  // |0.11 − 0.5| and |0.975 − 1|, each with half of the cases.
  close(error, 0.5 * 0.39 + 0.5 * 0.025, "calibration error");
  assert.equal(bins.length, BINS);
  assert.deepEqual(bins.map(({ count }) => count), [0, 2, ...Array(12).fill(0), 2]);
  assert.deepEqual(bins[0], { count: 0, probability: null, positives: null });
});

Deno.test("calibrationOf() is zero for a network that knows, and null for no faces", () => {
  const { brierScore, error } = calibrationOf([0, 1], [false, true]);
  assert.deepEqual([brierScore, error], [0, 0]);
  const nothing = calibrationOf([], []);
  assert.deepEqual([nothing.brierScore, nothing.error], [null, null]);
});

Deno.test("poolCalibration() pools the cases, and takes the mean of the errors", () => {
  const low = calibrationOf([0.5, 0.5], [true, true]);
  const high = calibrationOf([0.5, 0.5], [false, false]);
  const pooled = poolCalibration([low, high, calibrationOf([], [])]);
  assert.equal(pooled.error, 0.5, "each attribute is wrong by a half");
  assert.deepEqual(pooled.bins[7], { count: 4, probability: 0.5, positives: 0.5 });
});

/** Balanced accuracy of predicting above a probability. */
function balancedAt(threshold: number, scores: Float32Array, flags: readonly boolean[]): number {
  const rate = (flag: boolean) => {
    const some = [...scores].filter((_, face) => flags[face] === flag);
    return some.filter((score) => sigmoid(score) > threshold === flag).length / some.length;
  };
  return (rate(true) + rate(false)) / 2;
}

Deno.test("chooseThreshold() finds the best cut, half way between two scores", () => {
  const scores = new Float32Array([-3, -2, -1, 1]);
  close(chooseThreshold(scores, [false, true, true, true]), sigmoid(-2.5), "cut");
  assert.equal(chooseThreshold(scores, [false, false, false, true]), 0.5, "one half lies between");
});

Deno.test("chooseThreshold() takes the cut nearest to one half of equally good ones", () => {
  // Descending: + − + −. Above 4, above 1 and at the middle: 0.75, 0.5, 0.75.
  close(
    chooseThreshold(new Float32Array([4, 3, 1, -1]), [true, false, true, false]),
    0.5,
    "between 1 and −1",
  );
  const scores = new Float32Array([8, 4, 3, 2]);
  close(chooseThreshold(scores, [true, false, true, false]), sigmoid(2.5), "2.5 and not 6");
  // Nothing separates: every cut has one half, and so has never predicting at one half.
  assert.equal(chooseThreshold(new Float32Array([-1, -1]), [true, false]), 0.5);
  assert.equal(chooseThreshold(new Float32Array([1, 1]), [true, false]), 0.5);
});

Deno.test("chooseThreshold() has nothing to choose by without both classes", () => {
  assert.equal(chooseThreshold(new Float32Array([1, 2]), [true, true]), null);
  assert.equal(chooseThreshold(new Float32Array([1, 2]), [false, false]), null);
  assert.equal(chooseThreshold(new Float32Array(0), []), null);
});

Deno.test("chooseThreshold() is as good as the best of all thresholds on random scores with ties", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const count = 2 + random.integer(64);
    const scores = Float32Array.from({ length: count }, () => random.integer(9) / 2 - 2.25);
    const flags = Array.from(scores, (score) => random.normal() + score > 0.5);
    const threshold = chooseThreshold(scores, flags);
    if (threshold === null) continue;
    const best = Math.max(
      ...[-3, ...scores].map((cut) => balancedAt(sigmoid(cut), scores, flags)),
    );
    close(balancedAt(threshold, scores, flags), best, `seed ${seed}`);
  }
});

Deno.test("PackedSums sums each column as if it were alone, over several chunks", () => {
  for (const [rows, columns, largest] of [[1, 1, 1], [65, 3, 1], [2500, 9, 1], [2049, 5, 7000]]) {
    const seed = rows!;
    const random = new Random(seed);
    const numbers = Array.from(
      { length: columns! },
      () => Array.from({ length: rows! }, () => random.integer(largest! + 1)),
    );
    const weights = new Float64Array(rows! * LANES);
    for (let draw = 0; draw < rows! * LANES; draw++) {
      weights[random.integer(rows!) * LANES + draw % LANES]!++;
    }
    const packed = new PackedSums(
      numbers.map((column) => (row: number) => column[row]!),
      rows!,
      largest!,
    );
    const sums = packed.sums(weights);
    numbers.forEach((column, c) => {
      for (let lane = 0; lane < LANES; lane++) {
        const wanted = column.reduce((sum, n, row) => sum + n * weights[row * LANES + lane]!, 0);
        assert.equal(sums[c * LANES + lane], wanted, `seed ${seed}, column ${c}, lane ${lane}`);
      }
    });
  }
});

Deno.test("PackedSums refuses numbers that it cannot sum exactly", () => {
  assert.throws(() => new PackedSums([() => 0], 1, 2 ** 50), {
    name: "RangeError",
    message: /Cannot sum numbers as large as 1125899906842624/,
  });
});

Deno.test("WeightedPrecision counts a face as often as its weight says", () => {
  // With weights 1, 2, 0, 1: + − − +, so that the last positive is found after three others.
  const precision = new WeightedPrecision(new Float32Array([4, 3, 2, 1]), [
    true,
    false,
    true,
    true,
  ]);
  const out = new Float64Array(LANES);
  const lanes = [[1, 2, 0, 1], [1, 1, 1, 1], [0, 4, 0, 0], [0, 0, 0, 2]];
  precision.measure(
    Float64Array.from(
      { length: 4 * LANES },
      (_, at) => lanes[at % LANES]![Math.floor(at / LANES)]!,
    ),
    out,
  );
  assert.deepEqual([...out], [(1 + 2 / 4) / 2, (1 + 2 / 3 + 3 / 4) / 3, NaN, 1]);
});

Deno.test("bootstrap() resamples whole faces, the same ones every time", () => {
  const predictions = randomPredictions(65, 1);
  const resamples = bootstrap(predictions, ATTRIBUTES.map(() => 0.5), 9);
  assert.deepEqual(bootstrap(predictions, ATTRIBUTES.map(() => 0.5), 9), resamples);
  for (const [at, values] of resamples.accuracy.entries()) {
    assert.deepEqual(
      values,
      resamples.tunedAccuracy[at],
      "a threshold of one half is the plain one",
    );
  }
  // A network that is right about the same faces for all attributes: the mean varies as each does.
  const flags = Array.from({ length: 65 }, (_, face) => face % 3 === 0 ? 2 ** A - 1 : 0);
  const same = { ...predictions, labels: flags, logits: new Float32Array(65 * A).fill(-1) };
  const { accuracy } = bootstrap(same, ATTRIBUTES.map(() => null), 9);
  for (const [resample, mean] of accuracy[A]!.entries()) {
    close(mean, accuracy[0]![resample]!, `resample ${resample}`);
  }
});

Deno.test("bootstrap() agrees with measuring the drawn faces anew", () => {
  const whole = randomPredictions(33, 2);
  // Coarse logits make ties.
  const predictions = { ...whole, logits: whole.logits.map((x) => Math.round(2 * x) + 0.25) };
  const resamples = bootstrap(predictions, ATTRIBUTES.map(() => null), 4);
  // The draws of the four lanes follow one another.
  const random = new Random(64);
  for (let lane = 0; lane < 4; lane++) {
    const accumulator = new MetricsAccumulator();
    for (let draw = 0; draw < 33; draw++) {
      const face = random.integer(33);
      const row = <T extends Float32Array | Uint32Array | Uint8Array>(array: T) =>
        array.slice(face * A, (face + 1) * A) as T;
      accumulator.add({
        logits: row(predictions.logits),
        labels: [predictions.labels[face]!],
        overlap: mapOverlap(predictions, row),
      });
    }
    const drawn = accumulator.result("test");
    const plain = [
      "accuracy",
      "balancedAccuracy",
      "localisationIoU",
      "pointing",
      "maskIoU",
    ] as const;
    for (const name of plain) {
      close(resamples[name][A]![lane]!, drawn[name]!, `${name} of resample ${lane}`);
    }
    for (const [column, { averagePrecision }] of drawn.attributes.entries()) {
      const got = resamples.averagePrecision[column]![lane]!;
      if (averagePrecision === null) assert.ok(Number.isNaN(got));
      else close(got, averagePrecision, `average precision ${column} of resample ${lane}`);
    }
  }
});

Deno.test("percentileInterval() interpolates as numpy.percentile does, and skips what is undefined", () => {
  const values = Float64Array.from({ length: 42 }, (_, at) => at < 41 ? 40 - at : NaN);
  const [low, high] = percentileInterval(values) ?? [];
  close(low!, 1, "2.5 % of 0 … 40");
  close(high!, 39, "97.5 % of 0 … 40");
  assert.equal(percentileInterval(new Float64Array([NaN])), null);
  assert.deepEqual(percentileInterval(new Float64Array([NaN, 2])), [2, 2]);
});

Deno.test("intervals of the accuracy cover the truth about as often as they say", () => {
  // Faces whose 40 labels are hit together or not at all, with a chance of 0.7: the true accuracy.
  const trials = 200;
  let covered = 0;
  for (let seed = 0; seed < trials; seed++) {
    const random = new Random(seed);
    const labels = Array.from({ length: 120 }, () => random.next() < 0.7 ? 0 : 2 ** A - 1);
    const logits = new Float32Array(120 * A).fill(-1);
    const faces = { ...predictionsOf(labels.map(() => 0), labels), logits };
    const { accuracy } = bootstrap(faces, ATTRIBUTES.map(() => null), 200);
    const [low, high] = percentileInterval(accuracy[A]!) ?? [NaN, NaN];
    if (low <= 0.7 && 0.7 <= high) covered++;
  }
  // 95 % of 200 is 190; three standard deviations of the count are 9. Intervals that took attributes for
  // independent would be a sixth as wide and cover a quarter.
  assert.ok(covered >= 178 && covered <= 199, `${covered} of ${trials} intervals cover 0.7`);
});

Deno.test("intervals of the mean average precision cover the truth, which is below what is measured", () => {
  // Scores that know nothing: the precision at every threshold of ever more faces is the share of positives.
  const [trials, faces, truth] = [60, 150, 0.2];
  let [covered, below] = [0, 0];
  for (let seed = 0; seed < trials; seed++) {
    const random = new Random(seed);
    const logits = Float32Array.from({ length: faces * A }, () => random.normal());
    const labels = Array.from(
      { length: faces },
      () => labelsOf(ATTRIBUTES.filter(() => random.next() < truth)),
    );
    const { averagePrecision } = bootstrap(
      { ...predictionsOf(labels.map(() => 0), labels), logits },
      ATTRIBUTES.map(() => null),
      200,
    );
    const [low, high] = percentileInterval(averagePrecision[A]!) ?? [NaN, NaN];
    if (low <= truth && truth <= high) covered++;
    if (truth < low) below++;
  }
  // 49 and 11 here. As percentiles, all 60 intervals lie above the truth.
  assert.ok(
    covered >= 42,
    `${covered} of ${trials} intervals cover ${truth}, ${below} lie above it`,
  );
});

/** Faces with attributes of any frequency, recognised better or worse; half of the seeds make ties. */
function variedPredictions(faces: number, seed: number): Predictions {
  const random = new Random(seed);
  const shares = ATTRIBUTES.map(() => 0.02 + 0.5 * random.next());
  const skill = 2 * random.next();
  const labels = Array.from(
    { length: faces },
    () => labelsOf(ATTRIBUTES.filter((_, column) => random.next() < shares[column]!)),
  );
  const whole = randomPredictions(faces, seed);
  const logits = whole.logits.map((noise, at) => {
    const logit = noise + (hasAttribute(labels[Math.floor(at / A)]!, at % A) ? skill : 0);
    return seed % 2 === 0 ? logit : Math.round(2 * logit) + 0.25;
  });
  return { ...whole, labels, logits };
}

Deno.test("an interval holds its estimate at any number of faces, or says why there is none", () => {
  let lacking = 0;
  for (const faces of [1, 2, 3, 5, 8, 10, 15, 30]) {
    for (let seed = 10 * faces; seed < 10 * faces + 6; seed++) {
      const predictions = variedPredictions(faces, seed);
      const accumulator = new MetricsAccumulator();
      accumulator.add({ ...predictions, overlap: predictions });
      const metrics = accumulator.result("test");
      const evidence = gatherEvidence(metrics, predictions, variedPredictions(20, seed + 1));
      const { intervals, tuned, averagePrecision } = evidence;
      const { accuracy, balancedAccuracy } = tuned ?? {};
      const means = {
        ...{ ...metrics, averagePrecision },
        ...{ tunedAccuracy: accuracy ?? null, tunedBalancedAccuracy: balancedAccuracy ?? null },
      };
      for (const name of RESAMPLED) {
        const where = `${name} of ${faces} faces, seed ${seed}`;
        holds(means[name], intervals[name], where);
        const isLacking = means[name] !== null && intervals[name] === null;
        assert.equal(intervals.without?.[name], isLacking ? NO_INTERVAL : undefined, where);
        if (isLacking) lacking++;
        if (faces > 1 && name !== "averagePrecision") assert(!isLacking, where);
        for (const [column, attribute] of metrics.attributes.entries()) {
          const { intervals, tuned, name: of } = evidence.attributes[column]!;
          const values: Partial<Record<ResampledName, number | null>> = {
            ...{ ...attribute, balancedAccuracy: balancedAccuracyOf(attribute) },
            tunedAccuracy: tuned?.accuracy ?? null,
            tunedBalancedAccuracy: tuned?.balancedAccuracy ?? null,
          };
          holds(values[name] ?? null, intervals[name], `${where}, ${of}`);
        }
      }
      const text = metricsText({ ...metrics, evidence });
      assert.equal(text.includes(NO_INTERVAL), intervals.without !== undefined);
    }
  }
  assert(lacking > 0, "of so few faces some measures have none");
});

function holds(value: number | null, interval: Interval | null, where: string): void {
  if (value === null) return assert.equal(interval, null, where);
  if (interval === null) return;
  assert(interval[0] <= value && value <= interval[1], `${where}: ${value} and [${interval}]`);
}

Deno.test("mcnemarMidP() gives values done by hand", () => {
  // 2 · (½ · 1/8) and 2 · (1/16 + ½ · 4/16).
  close(mcnemarMidP(3, 0), 0.125, "3 to 0");
  close(mcnemarMidP(1, 3), 0.375, "1 to 3");
  close(mcnemarMidP(3, 1), 0.375, "3 to 1");
  assert.equal(mcnemarMidP(0, 0), 1);
  close(mcnemarMidP(2, 2), 1, "2 to 2");
  const many = mcnemarMidP(5000, 5400);
  assert.ok(many > 0 && many < 1e-4, `5000 to 5400: ${many}`);
});

Deno.test("signFlipP() is McNemar's test for single networks", () => {
  const differences = Float64Array.from({ length: 400 }, (_, n) => n < 30 ? 1 : n < 40 ? -1 : 0);
  close(signFlipP(differences), normalTails(20 / Math.sqrt(40)), "30 to 10");
  assert.equal(signFlipP(new Float64Array(5)), 1);
});

Deno.test("holm() corrects a case done by hand and keeps the order of the tests", () => {
  const corrected = holm([0.01, 0.04, 0.03, 0.005]);
  // Sorted 0.005·4, 0.01·3, 0.03·2, and 0.04·1, which is below the one before.
  [0.03, 0.06, 0.06, 0.02].forEach((wanted, at) => close(corrected[at]!, wanted, `test ${at}`));
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  assert.deepEqual(holm([]), []);
});

Deno.test("bootstrapP() counts the resamples on the rarer side of zero", () => {
  const values = Float64Array.from({ length: 999 }, (_, at) => at < 9 ? -1 : 1);
  close(bootstrapP(values), 2 * 10 / 1000, "9 of 999 below");
  assert.equal(bootstrapP(new Float64Array(10)), 1, "no difference at all");
  assert.equal(bootstrapP(new Float64Array([NaN])), null);
});

Deno.test("contradictionOf() knows what breaks each rule", () => {
  const breaks = (name: string, ...attributes: Attribute[]) => {
    const rule = RULES.find((rule) => rule.name === name);
    assert(rule, name);
    return contradictionOf(rule)(labelsOf(attributes));
  };
  assert.ok(breaks("no beard, yet facial hair", "No_Beard", "Goatee"));
  assert.ok(breaks("no beard, yet facial hair", "No_Beard", "Mustache", "Male"));
  assert.ok(!breaks("no beard, yet facial hair", "Goatee", "Mustache"));
  assert.ok(!breaks("no beard, yet facial hair", "No_Beard", "5_o_Clock_Shadow"));
  assert.ok(breaks("bald, yet a hair style", "Bald", "Bangs"));
  assert.ok(!breaks("bald, yet a hair colour", "Bald", "Gray_Hair"));
  assert.ok(breaks("several hair colours", "Black_Hair", "Gray_Hair"));
  assert.ok(!breaks("several hair colours", "Gray_Hair"));
});

Deno.test("countContradictions() counts predictions beside labels", () => {
  const logits = new Float32Array(3 * A).fill(-1);
  const predict = (face: number, ...names: Attribute[]) => {
    for (const name of names) logits[face * A + ATTRIBUTES.indexOf(name)] = 1;
  };
  predict(0, "Bald", "Bangs", "Wavy_Hair", "Straight_Hair");
  predict(1, "Young");
  const labels = [0, labelsOf(["Straight_Hair", "Wavy_Hair"]), 0];
  const counts = countContradictions({ ...predictionsOf([0, 0, 0], labels), logits });
  const of = (name: string) => {
    const { predicted, labelled } = counts.find(({ rule }) => rule === name)!;
    return [predicted, labelled];
  };
  assert.deepEqual(of("bald, yet a hair style"), [1, 0]);
  assert.deepEqual(of("hair both straight and wavy"), [1, 1]);
  assert.deepEqual(of("any of these"), [1, 1]);
  assert.equal(counts.at(-1)?.rule, "any of these");
});

const celeba = await realData("celeba-annotations", "list_attr_celeba.zip");

Deno.test({
  name: "the rules hold for all but a few of CelebA's own labels",
  ignore: celeba === null,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "rules" });
    try {
      const path = join(folder, "list_attr_celeba.txt");
      await unzipTo(celeba!, path);
      const { labels } = await readLabels(path);
      const rates = RULES.map((rule) =>
        labels.reduce((sum, bits) => sum + (contradictionOf(rule)(bits) ? 1 : 0), 0) / labels.length
      );
      const percent = rates.map((rate) => +(100 * rate).toPrecision(2));
      assert.deepEqual(percent, [0.28, 0.038, 0.031, 0.002, 0.57, 1.4]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("gatherEvidence() measures a case done by hand", () => {
  // Ranked + + − + −; at one half 2 are found, 1 is missed and 1 is false.
  const predictions = predictionsOf([3, 2, 1, -1, -2], [1, 1, 0, 1, 0]);
  const evidence = gatherEvidence(
    measured(predictions),
    predictions,
    // On validation the best cut is at −1.5: above it all positives and one of two negatives.
    predictionsOf([3, 2, 1, -1, -2], [1, 1, 0, 1, 0]),
  );
  const [first] = evidence.attributes;
  assert(first?.tuned);
  assert.deepEqual(
    [first.truePositives, first.falsePositives, first.trueNegatives, first.falseNegatives],
    [2, 1, 1, 1],
  );
  // Above 1.5: ½ (2/3 + 2/2); above −1.5: ½ (3/3 + 1/2).
  close(first.tuned.threshold, sigmoid(1.5), "threshold");
  close(first.tuned.balancedAccuracy, 5 / 6, "tuned balanced accuracy");
  close(first.tuned.accuracy, 4 / 5, "tuned accuracy");
  close(first.tuned.f1, 4 / 5, "tuned F1");
  assert.equal(evidence.tuned?.images, 5);
  assert.equal(evidence.tuned?.balancedAccuracy, first.tuned.balancedAccuracy);
  close(evidence.averagePrecision, 11 / 12, "mean average precision");
});

Deno.test("what a network has not learnt is not measured, and means are without it, seed 8", () => {
  const all = randomPredictions(60, 8);
  const learnt = [ATTRIBUTES[3]!, ATTRIBUTES[20]!];
  const some = { ...all, learnt };
  const metrics = measured(some);
  assert.deepEqual(
    metrics.attributes.filter(({ accuracy }) => accuracy !== null).map(({ name }) => name),
    learnt,
  );
  const [whole, evidence] = [all, some].map((predictions) =>
    gatherEvidence(measured(predictions), predictions, randomPredictions(60, 9))
  ) as [Evidence, Evidence];
  const both = (of: Evidence, name: "brierScore" | "calibrationError") =>
    (of.attributes[3]![name]! + of.attributes[20]![name]!) / 2;
  close(evidence.brierScore, both(whole, "brierScore"), "mean Brier score");
  close(evidence.calibrationError, both(whole, "calibrationError"), "mean calibration error");
  assert.deepEqual(evidence.attributes[3], whole.attributes[3]);
  const other = evidence.attributes[4]!;
  assert.deepEqual([other.brierScore, other.tuned, other.intervals.accuracy], [null, null, null]);
  assert(whole.consistency.at(-1)!.predicted > 0);
  assert.equal(evidence.consistency.at(-1)!.predicted, 0);
  assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence, "NaN is not JSON");
});

function measured(predictions: Predictions) {
  const { logits, labels, learnt } = predictions;
  const accumulator = new MetricsAccumulator(learnt);
  accumulator.add({ logits, labels, overlap: predictions });
  return accumulator.result("test");
}

Deno.test("gatherEvidence() says n/a, never NaN, where an attribute has no positive", () => {
  const random = new Random(3);
  const predictions = predictionsOf([1, -1, 2], [0, 0, 0]);
  for (const validation of [null, predictions, randomPredictions(40, random.integer(99))]) {
    const evidence = gatherEvidence(measured(predictions), predictions, validation);
    assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence, "NaN is not JSON");
    for (const { tuned, intervals } of evidence.attributes) {
      assert.equal(intervals.balancedAccuracy, null);
      assert.equal(intervals.averagePrecision, null);
      assert.equal(intervals.maskIoU, null);
      assert.equal(tuned?.balancedAccuracy ?? null, null);
      assert.ok(intervals.accuracy);
    }
    assert.equal(evidence.intervals.balancedAccuracy, null);
    assert.equal(evidence.tuned?.balancedAccuracy ?? null, null);
  }
  const tuned =
    gatherEvidence(measured(predictions), predictions, predictions).attributes[0]!.tuned;
  assert.equal(tuned, null, "no threshold without a positive to choose it by");
});

Deno.test("findExtremes() puts no face into both lists", () => {
  const predictions = predictionsOf([5, 0.1, -3], [1, 1, 1]);
  const places = [1, 2, 3].map((n) => ({ path: `${n}`, size: [2, 3] as const }));
  const { best, worst } = findExtremes(predictions, places);
  assert.deepEqual([best.map(({ path }) => path), worst.map(({ path }) => path)], [["1"], ["3"]]);
  const others = 39 * Math.log1p(Math.exp(-1));
  close(best[0]!.logLoss, (Math.log1p(Math.exp(-5)) + others) / A, "log loss of the best", 1e-7);
  close(worst[0]!.logLoss, (Math.log1p(Math.exp(3)) + others) / A, "log loss of the worst", 1e-7);
  assert.deepEqual(findExtremes(predictionsOf([], []), []), { best: [], worst: [] });
});

Deno.test("readPredictions() gives back what encodePredictions() was given", async () => {
  const run = await Deno.makeTempDir({ prefix: "predictions" });
  try {
    assert.equal(await readPredictions(run), null);
    const predictions = { ...randomPredictions(5, 4), images: ["a.jpg", "ä,b.jpg", "c", "d", "e"] };
    await Deno.writeFile(predictionsPath(run), encodePredictions(predictions));
    assert.deepEqual(await readPredictions(run), predictions);
    const path = join(run, "predictions.safetensors");
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, -1));
    await assert.rejects(readPredictions(run), {
      name: "SyntaxError",
      message: /predictions\.safetensors: the numbers of labels are cut off/,
    });
    await Deno.writeFile(path, encodeSafetensors({ tensors: {}, metadata: { schema: "other@1" } }));
    await assert.rejects(
      readPredictions(run),
      /"schema" must be "attparsenet\/predictions@1", and is "other@1"/,
    );
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});

Deno.test("PredictionCollector joins batches", () => {
  const [whole, collector] = [randomPredictions(5, 5), new PredictionCollector()];
  for (const [from, to] of [[0, 2], [2, 2], [2, 5]] as const) {
    collector.add({
      images: whole.images.slice(from, to),
      labels: whole.labels.slice(from, to),
      logits: whole.logits.slice(from * A, to * A),
      ...mapOverlap(whole, (array) => array.slice(from * A, to * A) as typeof array),
    });
  }
  assert.deepEqual(collector.result("test"), whole);
});

Deno.test("decodeSafetensors() gives back what was encoded, and refuses what is cut off", () => {
  const file = {
    tensors: {
      a: { shape: [2, 1], data: new Float32Array([1.5, -0]) },
      b: { shape: [3], data: new Uint8Array([1, 2, 255]) },
      c: { shape: [0], data: new Uint32Array(0) },
    },
    metadata: { text: "…" },
  };
  const bytes = encodeSafetensors(file);
  assert.deepEqual(decodeSafetensors(bytes), file);
  assert.equal(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0, "aligned");
  for (const length of [0, 7, 20, bytes.length - 1]) {
    assert.throws(() => decodeSafetensors(bytes.subarray(0, length)), /cut off/);
  }
  const wrong = new TextEncoder().encode(new TextDecoder().decode(bytes).replace("F32", "F16"));
  assert.throws(() => decodeSafetensors(wrong), SyntaxError);
});

const python = await findPython("sklearn");

Deno.test("calibration, thresholds and tests agree with scikit-learn and SciPy", async (test) => {
  const seed = 6;
  const random = new Random(seed);
  // Coarse scores make ties, but none on the border of two bins.
  const scores = Float32Array.from({ length: 301 }, () => Math.round(random.normal() * 40) / 20.3);
  const flags = Array.from(scores, (score) => random.normal() + score > 0.5);
  const weights = Array.from(scores, () => random.integer(4));
  const pairs = [[0, 0], [1, 0], [4, 9], [12, 12], [400, 460], [3000, 2800]] as const;
  const normal = [0, 0.1, 1, 1.96, 3.5, 3.6, 8];
  const input = {
    scores: [...scores],
    labels: flags.map(Number),
    weights,
    bins: BINS,
    pairs,
    normal,
  };
  await test.step({
    name: python ? "compared" : "SKIPPED: no python3 with scikit-learn",
    ignore: python === null,
    async fn() {
      const json = new TextEncoder().encode(JSON.stringify(input));
      const peer = JSON.parse(
        new TextDecoder().decode(await runPeer(python!, "evidence_sklearn.py", [json])),
      );
      const { brierScore, error } = calibrationOf(Float64Array.from(scores, sigmoid), flags);
      close(brierScore, peer.brierScore, `seed ${seed}: Brier score`);
      close(error, peer.error, `seed ${seed}: calibration error`);
      const threshold = chooseThreshold(scores, flags)!;
      close(balancedAt(threshold, scores, flags), peer.bestBalanced, `seed ${seed}: threshold`);
      const out = new Float64Array(LANES);
      new WeightedPrecision(scores, flags).measure(
        Float64Array.from(
          { length: scores.length * LANES },
          (_, at) => weights[Math.floor(at / LANES)]!,
        ),
        out,
      );
      close(out[3]!, peer.weightedPrecision, `seed ${seed}: weighted average precision`);
      pairs.forEach(([b, c], at) => close(mcnemarMidP(b, c), peer.midP[at], `${b} to ${c}`, 1e-11));
      normal.forEach((z, at) => {
        const ratio = normalTails(z) / peer.normalTails[at];
        close(ratio, 1, `normal tails beyond ${z}`, 1e-9);
      });
    },
  });
});
