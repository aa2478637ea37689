import assert from "node:assert/strict";
import { ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import {
  type AttributeMetrics,
  balancedAccuracyOf,
  type Metrics,
  MetricsAccumulator,
  type MetricsBatch,
  metricsTable,
} from "../../../pipeline/metrics/metrics.ts";
import { averagePrecision } from "../../../pipeline/metrics/average_precision.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { findPython, runPeer } from "../../contexts/python_peer.ts";

const A = ATTRIBUTES.length;

/** A batch in which attribute 0 has the given logits and flags, and every other one is absent. */
function batchOf(logits: readonly number[], flags: readonly number[]): MetricsBatch {
  const all = new Float32Array(logits.length * A).fill(-1);
  logits.forEach((logit, face) => all[face * A] = logit);
  return { logits: all, labels: flags };
}

function measure(...batches: MetricsBatch[]): Metrics {
  const accumulator = new MetricsAccumulator();
  for (const batch of batches) accumulator.add(batch);
  return accumulator.result("test");
}

function first(metrics: Metrics): AttributeMetrics {
  const attribute = metrics.attributes[0];
  assert(attribute);
  return attribute;
}

Deno.test("MetricsAccumulator counts a case done by hand", () => {
  // TP = 2, FN = 1, FP = 1, TN = 1. Ranked: 1 1 0 1 0, so AP = (1/1 + 2/2 + 3/4) / 3.
  const metrics = measure(batchOf([3, 2, 1, -1, -2], [1, 1, 0, 1, 0]));
  assert.deepEqual(first(metrics), {
    name: "5_o_Clock_Shadow",
    accuracy: 3 / 5,
    positiveAccuracy: 2 / 3,
    negativeAccuracy: 1 / 2,
    precision: 2 / 3,
    recall: 2 / 3,
    f1: 2 / 3,
    averagePrecision: 11 / 12,
    localisationIoU: null,
    priorIoU: null,
    pointing: null,
    maskIoU: null,
  });
  assert.equal(metrics.split, "test");
  assert.equal(metrics.images, 5);
  // The other 39 attributes are absent and rightly denied: they have no balanced accuracy.
  assert.ok(Math.abs((metrics.accuracy ?? 0) - (3 / 5 + 39) / A) < 1e-15);
  assert.ok(Math.abs((metrics.majorityAccuracy ?? 0) - (3 / 5 + 39) / A) < 1e-15);
  assert.equal(metrics.balancedAccuracy, (2 / 3 + 1 / 2) / 2);
  assert.equal(metrics.maskIoU, null);
});

Deno.test("MetricsAccumulator writes null, never NaN, where a measure is undefined", () => {
  const absent = measure(batchOf([-1, -2], [0, 0])).attributes[7];
  assert.deepEqual(absent, {
    name: "Big_Nose",
    accuracy: 1,
    positiveAccuracy: null,
    negativeAccuracy: 1,
    precision: null,
    recall: null,
    f1: null,
    averagePrecision: null,
    localisationIoU: null,
    priorIoU: null,
    pointing: null,
    maskIoU: null,
  });
  const always = first(measure(batchOf([1, -1], [1, 1])));
  assert.deepEqual([always.negativeAccuracy, always.averagePrecision], [null, 1]);
  const missed = first(measure(batchOf([-1, -2], [1, 0])));
  assert.deepEqual([missed.precision, missed.f1, missed.positiveAccuracy], [null, 0, 0]);

  const nothing = new MetricsAccumulator().result("validation");
  assert.equal(nothing.images, 0);
  assert.equal(nothing.accuracy, null);
  assert.equal(nothing.majorityAccuracy, null);
  assert.deepEqual(JSON.parse(JSON.stringify(nothing)), nothing);
});

Deno.test("MetricsAccumulator does not predict an attribute at probability one half", () => {
  const { accuracy, precision } = first(measure(batchOf([0, -0, 1e-30], [0, 0, 1])));
  assert.deepEqual([accuracy, precision], [1, 1]);
});

Deno.test("MetricsAccumulator divides mask pixels summed over the split", () => {
  const masks = (intersection: number, union: number): MetricsBatch => {
    const batch = batchOf([1], [1]);
    const overlap = { intersection: new Uint32Array(A), union: new Uint32Array(A) };
    overlap.intersection[3] = intersection;
    overlap.union[3] = union;
    return { ...batch, overlap };
  };
  const metrics = measure(masks(50, 100), masks(0, 100), masks(0, 0));
  assert.equal(metrics.attributes[3]?.maskIoU, 50 / 200);
  assert.equal(metrics.attributes[4]?.maskIoU, null);
  assert.equal(metrics.maskIoU, 50 / 200, "the mean skips the 39 attributes without pixels");
});

Deno.test("MetricsAccumulator gives the same result however the faces are batched", () => {
  const random = new Random(11);
  const logits = Float32Array.from({ length: 50 * A }, () => random.normal());
  const labels = Array.from({ length: 50 }, () => random.integer(2 ** A));
  const part = (from: number, to: number) => ({
    logits: logits.subarray(from * A, to * A),
    labels: labels.slice(from, to),
  });
  assert.deepEqual(
    measure(part(0, 1), part(1, 34), part(34, 34), part(34, 50)),
    measure(part(0, 50)),
  );
});

Deno.test("MetricsAccumulator.add() keeps nothing of the caller's array", () => {
  const batch = batchOf([1, -1], [1, 0]);
  const accumulator = new MetricsAccumulator();
  accumulator.add(batch);
  batch.logits.fill(-9);
  assert.equal(first(accumulator.result("test")).accuracy, 1);
});

Deno.test("MetricsAccumulator.add() refuses wrong shapes and numbers", () => {
  const accumulator = new MetricsAccumulator();
  assert.throws(
    () => accumulator.add({ logits: new Float32Array(A), labels: [0, 0] }),
    { name: "TypeError", message: /batch of 2 faces: logits needs 2 x 40 values, it has 40/ },
  );
  const overlap = { intersection: new Uint32Array(A), union: new Uint32Array(1) };
  assert.throws(
    () => accumulator.add({ ...batchOf([1], [1]), overlap }),
    { name: "TypeError", message: /union needs 1 x 40 values, it has 1/ },
  );
  assert.throws(
    () => accumulator.add(batchOf([1, NaN], [1, 0])),
    { name: "RangeError", message: /face 1 of the batch, 5_o_Clock_Shadow; .* diverged/ },
  );
  assert.equal(accumulator.images, 0, "a refused batch leaves nothing behind");
  accumulator.add(batchOf([1], [1]));
  overlap.union = new Uint32Array(A);
  assert.throws(
    () => accumulator.add({ ...batchOf([1], [1]), overlap }),
    { name: "TypeError", message: /some batches have them/ },
  );
});

Deno.test("averagePrecision() gives faces of equal score one threshold", () => {
  const flags = [true, false, true, false];
  const of = (...scores: number[]) => averagePrecision(new Float32Array(scores), (n) => flags[n]!);
  assert.equal(of(4, 3, 2, 1), 1 / 2 + 1 / 2 * 2 / 3);
  assert.equal(of(1, 1, 1, 1), 1 / 2, "no ranking at all scores the share of positives");
  assert.equal(of(2, 2, 1, 1), 1 / 2 * 1 / 2 + 1 / 2 * 2 / 4);
  assert.equal(of(-0, 0, 1, -1), 1 / 2 + 1 / 2 * 2 / 3, "both zeros are equal");
  assert.equal(of(-1, -2, -Infinity, Infinity), 1 / 2 * 1 / 2 + 1 / 2 * 2 / 4);
});

Deno.test("averagePrecision() of a perfect order is 1, and not a bit more", () => {
  for (let faces = 1; faces < 100; faces++) {
    const scores = Float32Array.from({ length: 2 * faces }, (_, face) => face);
    assert.equal(averagePrecision(scores, (face) => face >= faces), 1, `${faces} positives`);
  }
});

Deno.test("averagePrecision() equals the definition on random scores with ties", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const count = 1 + random.integer(65);
    const levels = 1 + random.integer(count);
    const scores = Float32Array.from(
      { length: count },
      () => (random.integer(levels) - levels / 2) / 3,
    );
    const flags = Array.from(scores, () => random.next() < 0.4);
    const got = averagePrecision(scores, (n) => flags[n]!);
    const wanted = naiveAveragePrecision(scores, flags);
    if (wanted === null || got === null) assert.equal(got, wanted, `seed ${seed}`);
    else assert.ok(Math.abs(got - wanted) < 1e-12, `seed ${seed}: got ${got}, expected ${wanted}`);
  }
});

/** For each positive face, the precision at its own score: the same sum, regrouped. */
function naiveAveragePrecision(scores: Float32Array, flags: readonly boolean[]): number | null {
  const precisions = [...scores].flatMap((threshold, face) => {
    if (!flags[face]) return [];
    const chosen = flags.filter((_, other) => scores[other]! >= threshold);
    return [chosen.filter(Boolean).length / chosen.length];
  });
  if (precisions.length === 0) return null;
  return precisions.reduce((sum, value) => sum + value, 0) / precisions.length;
}

Deno.test("metricsTable() has a row for each attribute and one of the means", () => {
  const { head, rows } = metricsTable(measure(batchOf([3, 2, 1, -1, -2], [1, 1, 0, 1, 0])));
  assert.deepEqual(
    head.join(" "),
    "Attribute Accuracy Balanced Positives Negatives Precision F1 AP Localisation Prior Pointing Joint IoU",
  );
  assert.deepEqual(rows.slice(0, -1).map(([name]) => name), [...ATTRIBUTES]);
  assert.equal(
    rows[0]?.join(" "),
    "5_o_Clock_Shadow 60.0 58.3 66.7 50.0 66.7 66.7 91.7 n/a n/a n/a n/a",
  );
  assert.equal(
    rows[1]?.join(" "),
    "Arched_Eyebrows 100.0 n/a n/a 100.0 n/a n/a n/a n/a n/a n/a n/a",
  );
  assert.equal(rows.at(-1)?.join(" "), "Mean 99.0 58.3 66.7 98.8 66.7 66.7 91.7 n/a n/a n/a n/a");
  assert.ok(rows.every((row) => row.length === head.length));
});

/** What the peer answers for one attribute. */
type PeerMeasures = Record<string, number | null>;

/** Asks scikit-learn, or gives null where no Python here has it. */
async function askSklearn(input: unknown): Promise<PeerMeasures[] | null> {
  const python = await findPython("sklearn");
  if (python === null) return null;
  const json = new TextEncoder().encode(JSON.stringify(input));
  return JSON.parse(new TextDecoder().decode(await runPeer(python, "metrics_sklearn.py", [json])));
}

Deno.test("MetricsAccumulator agrees with scikit-learn on every measure", async (test) => {
  const seed = 20;
  const random = new Random(seed);
  const faces = 301;
  // Rates from 0 to 1 make some attributes constant; every fourth one has coarse, tied scores.
  const scores = ATTRIBUTES.map((_, c) =>
    Array.from({ length: faces }, () => {
      const score = Math.fround(random.normal() - 1 + c / 20);
      return c % 4 === 0 ? Math.round(score) : score;
    })
  );
  const flags = ATTRIBUTES.map((_, c) =>
    Array.from({ length: faces }, (_, n) => {
      const rate = c < 2 ? c : (c % 9 + 1) / 10;
      return random.next() + (scores[c]![n]! > 0 ? 0.1 : 0) * (c < 2 ? 0 : 1) < rate ? 1 : 0;
    })
  );
  const logits = new Float32Array(faces * A);
  scores.forEach((column, c) => column.forEach((score, n) => logits[n * A + c] = score));
  const labels = Array.from(
    { length: faces },
    (_, n) => labelsOf(ATTRIBUTES.filter((_, c) => flags[c]![n] === 1)),
  );
  const peer = await askSklearn({ scores, labels: flags });
  await test.step({
    name: peer ? "compared" : "SKIPPED: no python3 with scikit-learn",
    ignore: !peer,
    fn: () => {
      const { attributes } = measure({ logits, labels });
      for (const [c, attribute] of attributes.entries()) {
        const own = { ...attribute, balancedAccuracy: balancedAccuracyOf(attribute) };
        for (const [name, wanted] of Object.entries(peer?.[c] ?? {})) {
          const got = own[name as Exclude<keyof typeof own, "name">] ?? null;
          const same = wanted === null || got === null
            ? wanted === got
            : Math.abs(wanted - got) < 1e-12;
          assert.ok(same, `seed ${seed}, ${attribute.name} ${name}: ${got}, expected ${wanted}`);
        }
      }
    },
  });
});
