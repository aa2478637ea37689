import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES, hasAttribute, labelsOf } from "../../../pipeline/face/attributes.ts";
import { comparisonText } from "../../../pipeline/cli/text/compare.ts";
import { compare } from "../../../pipeline/compare.ts";
import { groupRuns } from "../../../pipeline/compare/settings.ts";
import { readComparedRuns } from "../../../pipeline/compare/compared_run.ts";
import { gatherEvidence, MetricsAccumulator } from "../../../pipeline/metrics/metrics.ts";
import { mapOverlap, NOWHERE } from "../../../pipeline/metrics/mask_overlap.ts";
import {
  encodePredictions,
  type Predictions,
  predictionsPath,
} from "../../../pipeline/metrics/predictions.ts";
import { mcnemarMidP } from "../../../pipeline/metrics/significance.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertSelfContained } from "../../comparing/page_checks.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const A = ATTRIBUTES.length;
const FACES = 120;

/** Labels of which each attribute is as often positive as not. */
function someLabels(seed: number): number[] {
  const random = new Random(seed);
  return Array.from(
    { length: FACES },
    () => labelsOf(ATTRIBUTES.filter(() => random.next() < 0.5)),
  );
}

const LABELS = someLabels(1);

/** Predictions that are right with a chance of `quality`, by noise that depends on the seed. */
function predictionsOf(quality: number, seed: number, labels = LABELS): Predictions {
  const random = new Random(seed);
  const logits = new Float32Array(labels.length * A);
  labels.forEach((bits, face) => {
    for (let column = 0; column < A; column++) {
      const truth = Math.floor(bits / 2 ** column) % 2 === 1 ? 1 : -1;
      logits[face * A + column] = truth * (random.next() < quality ? 1 : -1) *
        (0.1 + random.next());
    }
  });
  const union = Uint32Array.from(logits, () => 20);
  const intersection = Uint32Array.from(logits, () => random.integer(21));
  const images = labels.map((_, face) => `${face}.jpg`);
  const pointing = Uint8Array.from(
    labels.flatMap((bits) =>
      ATTRIBUTES.map((_, a) => hasAttribute(bits, a) ? random.integer(2) : NOWHERE)
    ),
  );
  return { split: "test", images, labels, logits, intersection, union, pointing };
}

/** Writes an evaluated run of two epochs. */
async function writeRun(
  path: string,
  predictions: Predictions,
  config: Record<string, unknown> = {},
): Promise<string> {
  await Deno.mkdir(path, { recursive: true });
  const { logits, labels } = predictions;
  const accumulator = new MetricsAccumulator();
  accumulator.add({ logits, labels, overlap: predictions });
  const metrics = accumulator.result(predictions.split);
  const evidence = gatherEvidence(metrics, predictions, predictionsOf(0.8, 9));
  const log = [0, 1].map((epoch) => ({
    type: "epoch",
    epoch,
    train: { loss: 1, attributeLoss: 0.5, maskLoss: 0.1 },
    validation: { attributeLoss: 0.4, balancedAccuracy: 0.6 + epoch / 10, maskIoU: 0.1 },
  }));
  const data = {
    dataset: "faces",
    train: 1800,
    validation: 300,
    landmarks: `${path}/landmarks.csv`,
  };
  const write = (name: string, text: string) => Deno.writeTextFile(join(path, name), text);
  await write(
    "config.json",
    JSON.stringify({
      schema: "attparsenet/run@1",
      preset: "lite",
      seed: 64,
      created: path,
      ...config,
      data,
    }),
  );
  await write("log.ndjson", log.map((line) => JSON.stringify(line) + "\n").join(""));
  await write("metrics.json", JSON.stringify({ ...metrics, evidence }));
  await Deno.writeFile(predictionsPath(path), encodePredictions(predictions));
  return path;
}

Deno.test("compare() finds no difference between a run and its double", () =>
  inFolder(async (folder) => {
    const one = await writeRun(join(folder, "one"), predictionsOf(0.7, 2), { epochs: 6 });
    const two = await writeRun(join(folder, "two"), predictionsOf(0.7, 2), { epochs: 7 });
    const { settings, images, split } = await compare({ runs: [one, two] });
    assert.deepEqual([images, split], [FACES, "test"]);
    const [first, second] = settings;
    assert.equal(first!.against, null);
    assert.deepEqual(first!.measures, second!.measures);
    const { measures, attributes, settings: set, test } = second!.against!;
    assert.deepEqual(set, [{ key: "epochs", value: "7", other: "6" }]);
    assert.equal(test, "McNemar");
    for (const { value, interval, p } of Object.values(measures)) {
      assert.deepEqual([value, interval, p], [0, [0, 0], 1]);
    }
    for (const { corrected, significant, accuracy } of attributes) {
      assert.deepEqual([corrected, significant, accuracy.p], [1, false, 1]);
    }
  }));

Deno.test("compare() finds the one attribute in which two runs differ", () =>
  inFolder(async (folder) => {
    const before = predictionsOf(0.7, 3);
    const logits = before.logits.slice();
    const column = ATTRIBUTES.indexOf("Bangs");
    let repaired = 0;
    LABELS.forEach((bits, face) => {
      const at = face * A + column;
      const right = (Math.floor(bits / 2 ** column) % 2 === 1) === (logits[at]! > 0);
      if (right || repaired === 20) return;
      logits[at] = -logits[at]!;
      repaired++;
    });
    const one = await writeRun(join(folder, "one"), before);
    const two = await writeRun(join(folder, "two"), { ...before, logits }, { epochs: 9 });
    const comparison = await compare({ runs: [one, two] });
    const { measures, attributes } = comparison.settings[1]!.against!;
    const differing = attributes.filter(({ significant }) => significant);
    assert.deepEqual(differing.map(({ name }) => name), ["Bangs"]);
    assert.equal(differing[0]!.accuracy.p, mcnemarMidP(0, 20));
    assert.ok(Math.abs(differing[0]!.accuracy.value! - 20 / FACES) < 1e-12);
    assert.ok(Math.abs(differing[0]!.corrected - A * mcnemarMidP(0, 20)) < 1e-12);
    const { value, interval, p } = measures.accuracy;
    assert.ok(Math.abs(value! - 20 / FACES / A) < 1e-12);
    assert.ok(interval![0] > 0 && interval![1] > value!, `interval ${interval}`);
    assert.ok(p! < 0.01, `p ${p}`);
    // Pairing is what shows it: either accuracy alone is known far less exactly than their difference.
    const [low, high] = comparison.settings[0]!.measures.accuracy.interval!;
    assert.ok(interval![1] - interval![0] < (high - low) / 2);
    assert.match(
      comparisonText(comparison),
      /Holm’s correction for 40, 5 %\): Bangs \+16\.7 \(p < 0\.001\)$/,
    );
  }));

Deno.test("compare() takes runs that differ in the seed alone for one setting", () =>
  inFolder(async (folder) => {
    const run = (name: string, quality: number, seed: number, weight: number) =>
      writeRun(join(folder, name), predictionsOf(quality, seed), {
        seed,
        segmentationWeight: weight,
      });
    const runs = [
      await run("w0-s1", 0.7, 1, 0),
      await run("w1-s1", 0.8, 1, 1),
      await run("w0-s2", 0.72, 2, 0),
      await run("w1-s2", 0.82, 2, 1),
    ];
    const { settings } = await compare({ runs });
    assert.deepEqual(settings.map(({ name }) => name), ["w0", "w1"]);
    assert.deepEqual(settings.map(({ runs }) => runs.map(({ name, seed }) => [name, seed])), [
      [["w0-s1", 1], ["w0-s2", 2]],
      [["w1-s1", 1], ["w1-s2", 2]],
    ]);
    const { runs: [a, b], measures, spread, against } = settings[1]!;
    const [x, y] = [a!.measures.accuracy.value!, b!.measures.accuracy.value!];
    assert.ok(Math.abs(measures.accuracy.value! - (x + y) / 2) < 1e-12);
    assert.ok(Math.abs(spread!.accuracy! - Math.abs(x - y) / Math.SQRT2) < 1e-12);
    assert.equal(against!.test, "paired sign");
    assert.deepEqual(against!.settings.map(({ key }) => key), ["segmentationWeight"]);
    assert.ok(against!.measures.accuracy.interval![0] > 0.05, "ten points better");
    assert.ok(against!.attributes.some(({ significant }) => significant));
    const text = comparisonText(await compare({ runs: runs.filter((_, at) => at % 2 === 0) }));
    assert.match(text, /All runs differ in the seed alone/);
  }));

Deno.test("groupRuns() names a setting by what its runs' names share", () =>
  inFolder(async (folder) => {
    const named = async (...names: string[]) => {
      const paths = names.map((name) => join(folder, name));
      for (const path of paths) await writeRun(path, predictionsOf(0.7, 1));
      return groupRuns(await readComparedRuns(paths)).map(({ name }) => name);
    };
    assert.deepEqual(await named("run-64", "run-65"), ["run"]);
    assert.deepEqual(await named("lite-seed1", "lite-seed2"), ["lite"]);
    assert.deepEqual(await named("w0.s64", "w0.s65"), ["w0"]);
    assert.deepEqual(await named("a", "b"), ["a"], "nothing in common");
    assert.deepEqual(await named("a/x", "b/x"), [join(folder, "a/x")], "told apart by their paths");
  }));

Deno.test("compare() pairs faces by name, whatever their order", () =>
  inFolder(async (folder) => {
    const whole = predictionsOf(0.7, 4);
    const backwards = whole.images.map((_, face) => FACES - 1 - face);
    const turned = <T extends Float32Array | Uint32Array | Uint8Array>(rows: T): T => {
      const result = rows.slice() as T;
      backwards.forEach((face, at) => result.set(rows.subarray(face * A, (face + 1) * A), at * A));
      return result;
    };
    const one = await writeRun(join(folder, "one"), whole);
    const two = await writeRun(join(folder, "two"), {
      split: "test",
      images: backwards.map((face) => whole.images[face]!),
      labels: backwards.map((face) => whole.labels[face]!),
      logits: turned(whole.logits),
      ...mapOverlap(whole, turned),
    }, { epochs: 2 });
    const { settings } = await compare({ runs: [one, two] });
    for (const { corrected } of settings[1]!.against!.attributes) assert.equal(corrected, 1);
    assert.equal(settings[1]!.against!.measures.maskIoU.value, 0);
    assert.equal(settings[1]!.against!.measures.localisationIoU.value, 0);
    assert.equal(settings[1]!.against!.measures.pointing.value, 0);
  }));

Deno.test("compare() holds localisation and pointing against each other in pairs, and says n/a of older runs", () =>
  inFolder(async (folder) => {
    const whole = predictionsOf(0.7, 4);
    const one = await writeRun(join(folder, "one"), whole);
    const better = {
      ...whole,
      intersection: whole.union.map((cells) => cells),
      pointing: whole.pointing!.map((value) => value === NOWHERE ? value : 1),
    };
    const two = await writeRun(join(folder, "two"), better, { epochs: 2 });
    const out = join(folder, "comparison.html");
    const { against } = (await compare({ runs: [one, two], out })).settings[1]!;
    for (const name of ["localisationIoU", "pointing"] as const) {
      const { value, interval, p } = against!.measures[name];
      assert(value! > 0.3 && interval![0] > 0.3 && p! < 0.01, `${name} ${value} ${interval} ${p}`);
      assert(against!.attributes[7]![name].value! > 0);
    }
    const page = await Deno.readTextFile(out);
    assert(page.includes('aria-label="Localisation: two"'));
    const { pointing: _, ...older } = whole;
    const three = await writeRun(join(folder, "three"), older, { epochs: 3 });
    const comparison = await compare({ runs: [one, three], out });
    const none = comparison.settings[1]!.against!.measures;
    assert.deepEqual(none.localisationIoU, { value: null, interval: null, p: null });
    assert.equal(none.maskIoU.value, 0);
    assert.deepEqual(JSON.parse(JSON.stringify(comparison)), comparison, "NaN is not JSON");
    assert(!(await Deno.readTextFile(out)).includes('aria-label="Localisation: three"'));
  }));

Deno.test("readComparedRuns() keeps which attributes a run has learnt", () =>
  inFolder(async (folder) => {
    const learnt = { ...predictionsOf(0.7, 4), learnt: ["Smiling", "Young"] };
    const one = await writeRun(join(folder, "one"), learnt);
    const two = await writeRun(join(folder, "two"), learnt, { epochs: 2 });
    for (const { predictions } of await readComparedRuns([one, two])) {
      assert.deepEqual(predictions.learnt, learnt.learnt);
    }
  }));

Deno.test("compare() refuses runs that cannot be paired, and names the difference", () =>
  inFolder(async (folder) => {
    const one = await writeRun(join(folder, "one"), predictionsOf(0.7, 5));
    const rejects = async (predictions: Predictions, message: RegExp) => {
      const two = await writeRun(join(folder, "two"), predictions);
      await assert.rejects(compare({ runs: [one, two] }), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`Cannot compare ${two}`), error.message);
        return true;
      });
    };
    await rejects(
      predictionsOf(0.7, 5, LABELS.slice(0, -2)),
      /measured on other images: 118\.jpg and 1 more are missing$/,
    );
    const renamed = predictionsOf(0.7, 5);
    await rejects(
      { ...renamed, images: ["new.jpg", ...renamed.images.slice(1)] },
      /on other images: 0\.jpg is missing, and new\.jpg is in it alone$/,
    );
    await rejects(
      predictionsOf(0.7, 5, LABELS.with(3, LABELS[3]! ^ 2)),
      /other labels: 3\.jpg has Arched_Eyebrows in one only$/,
    );
    await rejects({ ...renamed, split: "validation" }, /on the split validation, not on test$/);

    const two = await writeRun(join(folder, "two"), predictionsOf(0.7, 5));
    await Deno.writeFile(
      predictionsPath(two),
      encodePredictions(predictionsOf(0.7, 5, LABELS.slice(1))),
    );
    await assert.rejects(compare({ runs: [one, two] }), /are of different evaluations/);
    await Deno.remove(join(two, "predictions.safetensors"));
    await assert.rejects(
      compare({ runs: [one, two] }),
      /has no predictions to compare; first deno task evaluate --run .*two --dataset DIR$/,
    );
    await assert.rejects(compare({ runs: [one, join(folder, "gone")] }), /no such folder/);
    await assert.rejects(compare({ runs: [one] }), {
      name: "RangeError",
      message: /two are needed/,
    });
  }));

Deno.test({
  name: "compare() draws a page that needs nothing beside it, with reading and writing alone",
  permissions: { read: true, write: true },
  fn: () =>
    inFolder(async (folder) => {
      const one = await writeRun(join(folder, "one<b>"), predictionsOf(0.7, 6));
      const two = await writeRun(join(folder, "two"), predictionsOf(0.8, 6), { epochs: 3 });
      const three = await writeRun(join(folder, "three"), predictionsOf(0.8, 7), { epochs: 4 });
      const out = join(folder, "pages", "comparison.html");
      await compare({ runs: [one, two, three], out });
      const page = await Deno.readTextFile(out);
      assertSelfContained(page);
      assert.ok(page.includes("<h2>two against one&lt;b&gt;</h2>"));
      assert.equal(page.match(/aria-label="Balanced accuracy: /g)?.length, 2);
      assert.ok(page.includes("<h3>Balanced accuracy, validation, %</h3>"));
      await compare({ runs: [one, two, three], out });
      assert.equal(await Deno.readTextFile(out), page, "the same files, the same bytes");
    }),
});

Deno.test("compare() says n/a, never NaN, where an attribute has no positive", () =>
  inFolder(async (folder) => {
    const never = LABELS.map(() => 0);
    const one = await writeRun(join(folder, "one"), predictionsOf(0.7, 8, never));
    const two = await writeRun(join(folder, "two"), predictionsOf(0.8, 8, never), { epochs: 3 });
    const out = join(folder, "comparison.html");
    const comparison = await compare({ runs: [one, two], out });
    assert.deepEqual(JSON.parse(JSON.stringify(comparison)), comparison, "NaN is not JSON");
    const { against } = comparison.settings[1]!;
    assert.deepEqual(against!.measures.balancedAccuracy, { value: null, interval: null, p: null });
    assert.ok(against!.measures.accuracy.value! > 0);
    assert.equal(against!.attributes[0]!.balancedAccuracy.value, null);
    assertSelfContained(await Deno.readTextFile(out));
    assert.doesNotMatch(comparisonText(comparison), /NaN|null|undefined/);
  }));
