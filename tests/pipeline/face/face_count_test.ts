/** That no part of a data set is lost without a word: counts of what joins and filters faces. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { evaluate } from "../../../pipeline/evaluate.ts";
import { countText, type FaceCount, FaceCounter } from "../../../pipeline/face/face_count.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { report } from "../../../pipeline/report.ts";
import { train, type TrainOptions } from "../../../pipeline/train.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { outcomeOf, taskCommand, type TaskName } from "../../processes/task_command.ts";
import { SAMPLE, SAMPLE_LANDMARKS, smallConfig, someFaces } from "../../contexts/train_context.ts";

Deno.test("FaceCounter counts reasons by what they have in common, with the first names", () => {
  const counter = new FaceCounter("training");
  counter.come(8);
  for (const n of [1, 2, 3, 4]) counter.leave(`${n}.jpg`, "no landmarks in half.csv");
  counter.leave("5.jpg", "not an image: the file is empty");
  counter.leave("6.jpg", "not an image: the file is cut off");
  counter.leave("7.jpg", "the image is a link that leads out of set, to /etc/passwd");
  assert.deepEqual(counter.count, {
    ...{ stage: "training", faces: 8, used: 1 },
    leftOut: [
      { reason: "no landmarks in half.csv", faces: 4, first: ["1.jpg", "2.jpg", "3.jpg"] },
      { reason: "not an image", faces: 2, first: ["5.jpg", "6.jpg"] },
      { reason: "the image is a link that leads out of set", faces: 1, first: ["7.jpg"] },
    ],
  });
  assert.equal(
    countText(counter.count),
    "training: 1 of 8 faces; left out: 4, no landmarks in half.csv (1.jpg, 2.jpg, 3.jpg, …); " +
      "2, not an image (5.jpg, 6.jpg); 1, the image is a link that leads out of set (7.jpg)",
  );
  const whole = new FaceCounter("labels");
  whole.come(3);
  assert.equal(countText(whole.count), "labels: all 3 faces");
});

Deno.test("FaceCounter stays small whatever another program's reasons are", () => {
  const seed = 3;
  const random = new Random(seed);
  const counter = new FaceCounter("landmarks");
  counter.come(5000);
  for (let i = 0; i < 5000; i++) counter.leave(`${i}.jpg`, `reason ${random.integer(1000)}`);
  const { used, leftOut } = counter.count;
  assert.equal(used, 0);
  assert(leftOut.length <= 21, `${leftOut.length} reasons, seed ${seed}`);
  assert.equal(leftOut.reduce((sum, { faces }) => sum + faces, 0), 5000);
  assert.equal(leftOut[0]!.reason, "other reasons");
});

/** The faces of the tests' runs, of which some cannot be used: one of each kind, and `more` without points. */
async function* flawedFaces(folder: string, more = 0): AsyncGenerator<FaceRecord> {
  await Deno.writeTextFile(join(folder, "broken.jpg"), "not a picture");
  let index = 0;
  for await (const record of someFaces()) {
    const at = index++;
    if (at === 0) yield { ...record, path: join(folder, "nowhere.jpg") };
    else if (at === 1) yield { ...record, path: join(folder, "broken.jpg") };
    else if (at === 2) yield { ...record, points: null, rejected: "no landmarks in half.csv" };
    else if (at === 3) yield { ...record, split: null };
    else if (at < 4 + more) yield { ...record, points: null };
    else yield record;
  }
}

/** Ten faces to train and validate on; the first cannot be used. */
async function* oneMissing(): AsyncGenerator<FaceRecord> {
  let index = 0;
  for await (const record of someFaces(2)) {
    yield index++ === 0 ? { ...record, points: null } : record;
  }
}

/** What {@linkcode flawedFaces} loses, in alphabetical order. */
const FLAWS = [
  "it has no split",
  "no landmarks in half.csv",
  "the image cannot be used",
  "the image is missing",
];

async function trainIn(folder: string, options: Partial<TrainOptions>) {
  using backend = await openBackend("wasm");
  const config = smallConfig({ epochs: 1, allowMissing: 0.5 });
  const records = flawedFaces(folder);
  return await train({ records, config, backend, out: join(folder, "run"), ...options });
}

async function linesOf(run: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(join(run, "log.ndjson"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("train() says how many faces came and went on, and why the others did not", () =>
  inFolder(async (folder) => {
    const before: FaceCount = { stage: "landmarks", faces: 32, used: 31, leftOut: [] };
    const told: FaceCount[] = [];
    const read: string[] = [];
    const { counts } = await trainIn(folder, {
      counts: [before],
      onCount: (count) => told.push(count),
      onGather: (done, total) => read.push(`${done} of ${total}`),
    });
    const [count] = told;
    assert.deepEqual(counts, [before, count]);
    assert.deepEqual([count!.stage, count!.faces, count!.used], ["training", 24, 20]);
    assert.deepEqual(count!.leftOut.map(({ reason }) => reason).sort(), FLAWS);
    const lines = (await linesOf(join(folder, "run"))).slice(0, 3);
    const line = { schema: "attparsenet/log@1", type: "faces", epoch: 0, step: 0 };
    assert.deepEqual(lines.slice(0, 2), [{ ...line, ...before }, { ...line, ...count }]);
    assert.equal(lines[2]!.type, "step");
    assert.equal(read.at(-1), "20 of 22", "those that can be read");
    const page = await Deno.readTextFile(await report({ run: join(folder, "run") }));
    assert.match(page, /<section id="data">/);
    for (const flaw of FLAWS) assert(page.includes(`1: ${flaw}`), flaw);
  }));

Deno.test("train() refuses to go on with fewer faces than are allowed", () =>
  inFolder(async (folder) => {
    const refused = (config: TrainOptions["config"], message: RegExp, more = 0) =>
      assert.rejects(trainIn(folder, { config, records: flawedFaces(folder, more) }), message);
    // Two are known to be missing before an image is read, and four after.
    await refused(
      smallConfig({ allowMissing: 0.05 }),
      /missing, 8\.3 % where --allow-missing 0\.05 allows 5\.0 %: training: 22 of 24 faces; left out: 1, .* allow it with --allow-missing 0\.09$/,
    );
    await refused(smallConfig({ allowMissing: 0.1 }), /missing, 16\.7 %.*20 of 24 faces/);
    await refused(smallConfig({ allowMissing: 0.5 }), /10 of 24 .*\b10, it has no landmarks/, 10);
    const all = smallConfig({ allowMissing: 1 });
    await refused(all, /no faces to train on: .*\. Left out: .*it has no landmarks/, 28);
    assert.equal(smallConfig().allowMissing, 0.05, "the default");
    // No run dies of one bad image, however few they are.
    const one = (allowMissing: number) => {
      const config = smallConfig({ epochs: 1, allowMissing });
      return trainIn(folder, { config, records: oneMissing() });
    };
    await assert.rejects(one(0), /missing, 10\.0 %.*9 of 10 faces/);
    const { faces } = await one(0.05);
    assert.equal(faces.train + faces.validation, 9);
  }));

Deno.test("train() that goes on repeats in its log what has changed alone", () =>
  inFolder(async (folder) => {
    const config = smallConfig({ epochs: 2, allowMissing: 0.5 });
    const run = join(folder, "run");
    const faces = async () => (await linesOf(run)).filter(({ type }) => type === "faces");
    const goOn = (epochs: number, counts: FaceCount[]) =>
      trainIn(folder, {
        config: { ...config, epochs },
        resume: true,
        records: someFaces(),
        counts,
      });
    await trainIn(folder, { config, records: someFaces() });
    const first = await faces();
    await goOn(3, []);
    assert.deepEqual(await faces(), first);
    const other = { stage: "landmarks", faces: 30, used: 24, leftOut: [] };
    await goOn(4, [other]);
    const step = (await linesOf(run)).findLast(({ type }) => type === "step")!.step as number;
    assert.deepEqual((await faces()).map(({ stage }) => stage), ["training", "landmarks"]);
    const { step: at } = (await faces())[1]!;
    assert(0 < (at as number) && (at as number) < step, "where the run stood then");
  }));

Deno.test("evaluate() counts the faces, their masks and those that choose thresholds", () =>
  inFolder(async (folder) => {
    await trainIn(folder, {});
    const run = join(folder, "run");
    await Deno.writeTextFile(join(folder, "broken.jpg"), "not a picture");
    async function* faces() {
      const seen = { train: 8, validation: 0, test: 0 };
      for await (const record of someFaces()) {
        const at = seen[record.split!]++;
        if (at === 0) yield { ...record, path: join(folder, "nowhere.jpg") };
        else if (at === 1) yield { ...record, rejected: "the image is a link" };
        else yield at === 2 ? { ...record, points: null } : record;
      }
    }
    using backend = await openBackend("wasm");
    const options = { run, split: "test", backend, records: faces(), validation: faces() } as const;
    const { images, faces: counts } = await evaluate(options);
    assert.equal(images, 6);
    const told = counts.map(({ stage, faces, used }) => [stage, faces, used]);
    assert.deepEqual(told, [["evaluation", 8, 6], ["masks", 6, 5], ["thresholds", 8, 6]]);
    const reasons = counts[0]!.leftOut.map(({ reason }) => reason).sort();
    assert.deepEqual(reasons, ["the image is a link", "the image is missing"]);
    const file = JSON.parse(await Deno.readTextFile(join(run, "metrics.json")));
    assert.deepEqual(file.faces, counts);
    const page = await Deno.readTextFile(await report({ run }));
    assert.match(page, /of these, faces whose masks are measured/);
  }));

/** What a task says on the screen, and whether it was done. */
async function say(task: TaskName, ...args: string[]): Promise<{ code: number; err: string }> {
  const { code, err } = await outcomeOf(taskCommand(task, ["--backend", "wasm", ...args]));
  return { code, err };
}

Deno.test("train refuses half of the landmarks, and keeps the run that it would replace", () =>
  inFolder(async (folder) => {
    const half = join(folder, "half.csv");
    const rows = (await Deno.readTextFile(SAMPLE_LANDMARKS)).split("\n");
    await Deno.writeTextFile(half, rows.slice(0, 200).join("\n"));
    const run = join(folder, "run");
    await Deno.mkdir(run);
    await Deno.writeTextFile(join(run, "config.json"), "{}");
    const line = ["--dataset", SAMPLE, "--landmarks", half, "--out", run, "--force"];
    const { code, err } = await say("train", ...line);
    assert.equal(code, 1, err);
    assert.match(err, /^landmarks: 199 of 480 faces; left out: 281, no landmarks in .*half\.csv/m);
    assert.match(err, /^Error: Too many faces .*170 of 408 faces; left out: 238, .*000200\.jpg/m);
    assert.equal(await Deno.readTextFile(join(run, "config.json")), "{}");
  }));

Deno.test("segments says which labelled faces have no landmarks, and which have no masks", () =>
  inFolder(async (folder) => {
    const some = join(folder, "some.csv");
    const rows = (await Deno.readTextFile(SAMPLE_LANDMARKS)).split("\n");
    await Deno.writeTextFile(some, rows.slice(0, 5).join("\n"));
    const labels = join(SAMPLE, "Anno", "list_attr_celeba.txt");
    const out = ["--format", "none", "--mask-size", "8x6", "--out", join(folder, "masks")];
    const { err } = await say("segments", "--landmarks", some, "--attributes", labels, ...out);
    assert.match(
      err,
      /^labelled faces: 4 of 480 faces; left out: 476, no landmarks \(000005\.jpg/m,
    );
    assert.match(err, /^segments: all 4 faces/m);
  }));
