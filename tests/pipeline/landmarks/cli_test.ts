/**
 * `landmarks` as a user runs it: in processes of its own, with the permissions of its task.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { landmarkSettings } from "../../../pipeline/cli/stages/landmarking.ts";
import { encodePng } from "../../../pipeline/image/image.ts";
import { type LandmarkRow, openJournal, readLandmarks } from "../../../pipeline/landmarks.ts";
import { drawFaces, type Place } from "../../fixtures/drawn_face.ts";
import { inFolder, pointsFrom, recordOf, streamOf } from "../../fixtures/face_records.ts";
import { type Outcome, outcomeOf, ROOT, taskCommand } from "../../processes/task_command.ts";

const SAMPLE = join(ROOT, "data", "sample");
const TRUE_POINTS = join(SAMPLE, "Anno", "list_landmarks_68.csv");
/** Quick, and the same on every machine. */
const QUICK = ["--detector", "tiny", "--predictor", "face-api"];

function run(...args: string[]): Promise<Outcome> {
  return outcomeOf(taskCommand("landmarks", args));
}

interface Result {
  readonly images: number;
  readonly found: number;
  readonly rejected: number;
  readonly faces: number;
  readonly score: { faces: number; missed: number; stray: number; mean: number } | null;
}

/** Runs what must work; returns the object that `--json` prints. */
async function result(...args: string[]): Promise<Result> {
  const { code, out, err } = await run(...args, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
}

/** Runs what must fail, with one line on stderr that matches, and nothing else. */
async function fails(code: number, line: RegExp, ...args: string[]): Promise<void> {
  const outcome = await run(...args, "--quiet");
  assert.equal(outcome.code, code, outcome.err);
  assert.match(outcome.err, line);
  assert.equal(outcome.err.trimEnd().split("\n").length, 1, outcome.err);
  assert.equal(outcome.out, "");
}

const sampleImage = (number: number) => `${String(number).padStart(6, "0")}.jpg`;

/** The first images of the sample. */
async function copySample(folder: string, count: number): Promise<string> {
  const images = join(folder, "images");
  await Deno.mkdir(images);
  for (let i = 1; i <= count; i++) {
    const from = join(SAMPLE, "Img", "img_align_celeba", sampleImage(i));
    await Deno.copyFile(from, join(images, sampleImage(i)));
  }
  return images;
}

async function rowsOf(path: string) {
  return await Array.fromAsync(readLandmarks(path));
}

Deno.test("landmarks --score prints how good the points are and draws the worst", () =>
  inFolder(async (folder) => {
    const images = await copySample(folder, 4);
    // A face that is missed comes first among the worst.
    const blank = { width: 90, height: 90, data: new Uint8Array(3 * 90 * 90).fill(99) };
    await Deno.writeFile(join(images, "blank.png"), await encodePng(blank));
    const truth = join(folder, "truth.csv");
    const [header, ...rows] = (await Deno.readTextFile(TRUE_POINTS)).split("\n").slice(0, 5);
    const missed = rows[0]!.replace(/^[^,]+/, "blank.png");
    await Deno.writeTextFile(truth, [header, ...rows, missed].join("\n") + "\n");
    const out = join(folder, "faces.csv");
    const args = ["--images", images, ...QUICK, "--score", truth, "--out", out];
    const { code, out: said, err } = await run(...args);
    assert.equal(code, 0, err);
    assert.match(said, /^faces +5$/m);
    assert.match(said, /^missed +1 \(20\.0 %\)$/m);
    assert.match(said, /^NME, mean +0\.0[1-9]\d*$/m);
    assert.match(said, new RegExp(`^Landmarks: ${out}$`, "m"));
    assert.match(said, /^Worst faces: .*faces\.worst\/worst\.png$/m);
    assert.match(err, /^4 of 5 faces found; NME 0\.0\d+ against the true points/m);
    const pictures = await Array.fromAsync(Deno.readDir(join(folder, "faces.worst")));
    const names = pictures.map(({ name }) => name).sort();
    assert.equal(names.length, 6);
    assert.equal(names[0], "01_missed_blank.png");
    assert.match(names[1]!, /^02_0\.\d{4}_00000\d\.png$/);
    const { score, images: looked } = await result(...args);
    assert.deepEqual([looked, score!.faces, score!.missed], [5, 5, 1]);
    assert(score!.mean < 0.1, `NME ${score!.mean}`);
  }));

Deno.test("landmarks refuses a wrong predictor, truth or file of boxes before it begins", () =>
  inFolder(async (folder) => {
    const images = await copySample(folder, 1);
    const out = join(folder, "faces.csv");
    const own = ["--images", images, "--out", out];
    const model = join(folder, "model.dat");
    const dlib = ["--predictor", "dlib", "--dlib-model"];
    await fails(
      1,
      /^Error: --dlib-model \/nowhere\.dat: there is no such file/m,
      ...own,
      ...dlib,
      "/nowhere.dat",
    );
    await Deno.copyFile(join(images, sampleImage(1)), model);
    const damaged = /^Error: Cannot read the shape predictor .*model\.dat: it holds no number/;
    await fails(1, damaged, ...own, ...dlib, model);
    const excluded = /^Error: --dlib-model says where dlib's predictor is, and --predictor excl/;
    await fails(2, excluded, ...own, "--predictor", "face-api", "--dlib-model", model);
    await fails(2, /^Error: --predictor none: expected one of auto/, ...own, "--predictor", "none");
    await fails(
      2,
      /^Error: --score needs --out FILE/,
      "--images",
      images,
      "--out",
      "-",
      "--score",
      out,
    );
    const quick = [...own, "--predictor", "face-api"];
    await fails(1, /^Error: There is no file or folder .*nofile/, ...quick, "--score", "nofile");
    await fails(1, /^Error: .*deno\.json/, ...quick, "--score", "deno.json");
    await fails(1, /^Error: There is no file or folder .*nofile/, ...quick, "--boxes", "nofile");
    await fails(1, /^Error: .*deno\.json:1/, ...quick, "--boxes", "deno.json");
    await fails(1, /^Error: There is no file or folder .*nofile/, ...quick, "--import", "nofile");
    const left = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assert.deepEqual(left, ["images", "model.dat"], "something was written");
  }));

Deno.test("landmarks --boxes takes faces where a file says, or where CelebA's aligned images have them", () =>
  inFolder(async (folder) => {
    const images = await copySample(folder, 3);
    const found = join(folder, "found.csv");
    const own = ["--images", images, "--predictor", "face-api"];
    await result(...own, "--out", found);
    const expected = await rowsOf(found);
    // The sample's faces lie where CelebA's do.
    const aligned = join(folder, "aligned.csv");
    const { faces } = await result(...own, "--boxes", "aligned", "--out", aligned);
    assert.equal(faces, 3);
    const boxes = join(folder, "boxes.txt");
    const lines = expected.map(({ image, points }) => {
      const [xs, ys] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis)) as [
        Float32Array,
        Float32Array,
      ];
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      return [image, x, y, Math.max(...xs) - x, Math.max(...ys) - y].map(String).join(" ");
    });
    // The last image has no box, and is looked at by detectors.
    const text = ["2", "image_id x_1 y_1 width height", ...lines.slice(0, 2)].join("\n") + "\n";
    await Deno.writeTextFile(boxes, text);
    const known = join(folder, "known.csv");
    assert.equal((await result(...own, "--boxes", boxes, "--out", known)).faces, 3);
    for (const path of [aligned, known]) {
      for (const [i, { image, points }] of (await rowsOf(path)).entries()) {
        assert.equal(image, expected[i]!.image);
        const off = points.map((value, n) => Math.abs(value - expected[i]!.points[n]!));
        assert(Math.max(...off) < 12, `${path}: ${image} is ${Math.max(...off)} pixels off`);
      }
    }
    assert.deepEqual((await rowsOf(known))[2], expected[2]);
  }));

/** A .pts file of 300-W. */
function ptsText(points: Float32Array): string {
  const lines = Array.from({ length: 68 }, (_, i) => `${points[2 * i]} ${points[2 * i + 1]}`);
  return ["version: 1", "n_points: 68", "{", ...lines, "}"].join("\n") + "\n";
}

Deno.test("landmarks --import takes a folder of .pts files and looks only for what is missing", () =>
  inFolder(async (folder) => {
    const images = await copySample(folder, 3);
    // Whoever looked at the imported ones would find no image.
    for (const n of [1, 3]) await Deno.writeTextFile(join(images, sampleImage(n)), "no image");
    const points = join(folder, "points");
    await Deno.mkdir(points);
    for (const n of [1, 3, 9]) {
      const path = join(points, sampleImage(n).replace("jpg", "pts"));
      await Deno.writeTextFile(path, ptsText(pointsFrom(n)));
    }
    const out = join(folder, "faces.csv");
    const found = await result("--images", images, ...QUICK, "--import", points, "--out", out);
    assert.deepEqual([found.images, found.faces, found.rejected], [3, 3, 0]);
    const rows = await rowsOf(out);
    assert.deepEqual(rows.map(({ image }) => image), [1, 2, 3].map(sampleImage));
    assert.deepEqual(rows[0]!.points, pointsFrom(1));
    assert.deepEqual(rows[2]!.points, pointsFrom(3));
    const alone = join(folder, "alone.csv");
    await result("--images", images, ...QUICK, "--out", alone);
    assert.deepEqual(await rowsOf(alone), [rows[1]]);
  }));

/** Leaves what is left of a run that stops after the first rows. */
async function leaveUnfinished(out: string, images: string, rows: readonly LandmarkRow[]) {
  const placing = {
    detector: "tiny",
    predictor: null,
    dlibModel: null,
    backend: "auto",
    allFaces: true,
  } as const;
  await using journal = await openJournal(out, landmarkSettings({ images }, placing), placing);
  const records = rows.map(({ image, points }) => recordOf(image, { points }));
  for await (const { image } of journal.write(streamOf(records))) {
    if (image === rows.at(-1)!.image) break;
  }
}

Deno.test("landmarks --all-faces finds and counts the same after an interruption", () =>
  inFolder(async (folder) => {
    const images = join(folder, "images");
    await Deno.mkdir(images);
    for (let i = 0; i < 9; i++) {
      const places: Place[] = [[150, 10 + i, 20], [140, 230, 30 + i]];
      // Every third picture has one face, the others two.
      const image = drawFaces(420, 220, places.slice(0, i % 3 === 0 ? 1 : 2));
      await Deno.writeFile(join(images, `${10 + i}.png`), await encodePng(image));
    }
    const [wanted, out] = [join(folder, "wanted.csv"), join(folder, "faces.csv")];
    const own = ["--images", images, ...QUICK, "--all-faces"];
    const whole = await result(...own, "--out", wanted);
    assert.deepEqual([whole.images, whole.found, whole.faces], [9, 9, 15]);
    const scored = [...own, "--score", wanted, "--out", out];
    const rows = await rowsOf(wanted);
    // 11.png and 12.png have two faces each; of 14.png the second one has yet to come.
    assert.deepEqual(rows.map(({ image }) => image).slice(0, 7), [
      ...["10.png", "11.png", "11.png#2", "12.png", "12.png#2", "13.png", "14.png"],
    ]);
    await leaveUnfinished(out, images, rows.slice(0, 7));
    const again = await run(...scored, "--json");
    assert.equal(again.code, 0, again.err);
    assert.match(again.err, /^4 of 9 images were done before$/m);
    assert.match(again.err, /^15 faces found in 9 of 9 images; NME 0\.0000 against/m);
    const { score, ...counts } = JSON.parse(again.out.trimEnd().split("\n").at(-1)!) as Result;
    assert.deepEqual([counts.images, counts.found, counts.faces], [9, 9, 15]);
    assert.deepEqual([score!.faces, score!.missed, score!.stray, score!.mean], [15, 0, 0, 0]);
    assert.equal(await Deno.readTextFile(out), await Deno.readTextFile(wanted));
  }));
