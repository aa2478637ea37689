import assert from "node:assert/strict";
import { ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import { EVEN_CLASSES, lossTargets } from "../../../pipeline/compute/loss_targets.ts";
import { narrowTargets } from "../../../pipeline/compute/narrow_targets.ts";

const PLAIN = { maskTarget: "label", maskBalance: false, classBalance: false } as const;
const TARGETS = lossTargets([labelsOf(["Bald"]), labelsOf([])], PLAIN, EVEN_CLASSES);
const BALD = ATTRIBUTES.indexOf("Bald");

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
