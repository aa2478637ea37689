import assert from "node:assert/strict";
import { ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import { attributeRegionMasks } from "../../../pipeline/face/regions.ts";
import {
  classWeights,
  EVEN_CLASSES,
  lossTargets,
  narrowTargets,
} from "../../../pipeline/compute/loss_targets.ts";

const BALD = ATTRIBUTES.indexOf("Bald");
const MALE = ATTRIBUTES.indexOf("Male");
const PLAIN = { maskTarget: "label", maskBalance: false, classBalance: false } as const;

/** One face of four is bald, all are male. */
const LABELS = [labelsOf(["Bald", "Male"]), ...Array(3).fill(labelsOf(["Male"]))];

Deno.test("classWeights() lets both classes count alike, and leaves what has one class alone", () => {
  const { positive, negative } = classWeights(LABELS);
  assert.deepEqual([positive[BALD], negative[BALD]], [2, 2 / 3]);
  assert.deepEqual([positive[MALE], negative[MALE]], [1, 1]);
  // Never seen.
  assert.deepEqual([positive[0], negative[0]], [1, 1]);
});

Deno.test("lossTargets() wants the regions of positive labels, or of all", () => {
  const classes = classWeights(LABELS);
  const regions = attributeRegionMasks();
  const bald = (targets: { wanted: Uint32Array }) =>
    [0, 1].map((face) => targets.wanted[face * ATTRIBUTES.length + BALD]);
  const byLabel = lossTargets(LABELS, PLAIN, classes);
  assert.deepEqual(bald(byLabel), [regions[BALD], 0]);
  assert.deepEqual([...byLabel.labels.slice(BALD, BALD + 1)], [1]);
  assert.deepEqual(new Set(byLabel.labelWeights), new Set([1]));
  assert.deepEqual(new Set(byLabel.maskWeights), new Set([1]));
  const byRegion = lossTargets(LABELS, { ...PLAIN, maskTarget: "region" }, classes);
  assert.deepEqual(bald(byRegion), [regions[BALD], regions[BALD]]);
  assert.deepEqual(byRegion.labels, byLabel.labels);
});

Deno.test("lossTargets() balances labels and masks where it is asked to, one on average", () => {
  const classes = classWeights(LABELS);
  const { labelWeights, maskWeights } = lossTargets(LABELS, {
    ...PLAIN,
    maskBalance: true,
  }, classes);
  assert.deepEqual(new Set(labelWeights), new Set([1]));
  const ofBald = LABELS.map((_, face) => maskWeights[face * ATTRIBUTES.length + BALD]!);
  assert.deepEqual(ofBald, [2, ...Array(3).fill(Math.fround(2 / 3))]);
  assert.ok(Math.abs(ofBald.reduce((sum, weight) => sum + weight) / 4 - 1) < 1e-6);
  const both = lossTargets(LABELS, { ...PLAIN, maskBalance: true, classBalance: true }, classes);
  assert.deepEqual(both.labelWeights, both.maskWeights);
});

const TARGETS = lossTargets([labelsOf(["Bald"]), labelsOf([])], PLAIN, EVEN_CLASSES);

Deno.test("narrowTargets() leaves the targets as they are where nothing is asked for", () => {
  assert.deepEqual(narrowTargets(TARGETS, { attributes: ATTRIBUTES, labelSmoothing: 0 }), TARGETS);
});

Deno.test("narrowTargets() takes all weight from other attributes, and leaves one on average", () => {
  const attributes = ["Bald", "Young"] as const;
  const { labelWeights, maskWeights, labels } = narrowTargets(TARGETS, {
    attributes,
    labelSmoothing: 0,
  });
  assert.deepEqual(labels, TARGETS.labels);
  assert.deepEqual(maskWeights, labelWeights);
  const weights = ATTRIBUTES.map((name) => name === "Bald" || name === "Young" ? 20 : 0);
  assert.deepEqual([...labelWeights], [...weights, ...weights]);
});

Deno.test("narrowTargets() moves labels towards one half", () => {
  const { labels } = narrowTargets(TARGETS, { attributes: ATTRIBUTES, labelSmoothing: 0.1 });
  assert.equal(labels[BALD], Math.fround(0.95));
  assert.equal(labels[BALD + 1], Math.fround(0.05));
});
