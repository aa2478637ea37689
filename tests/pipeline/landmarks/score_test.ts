import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { scoreText } from "../../../pipeline/cli/text/landmark_score.ts";
import { encodePng, readImage, type RgbImage } from "../../../pipeline/image/image.ts";
import type { LandmarkRow } from "../../../pipeline/landmarks.ts";
import { drawErrors } from "../../../pipeline/landmarks/scoring/error_picture.ts";
import { faceName, imageOfFace } from "../../../pipeline/face/face_name.ts";
import { scoreLandmarks } from "../../../pipeline/landmarks/scoring/score.ts";
import {
  type WorstOptions,
  writeWorst,
} from "../../../pipeline/landmarks/scoring/score_pictures.ts";
import { Canvas } from "../../../pipeline/image/drawing/canvas.ts";
import { inFolder, pointsFrom } from "../../fixtures/face_records.ts";

/**
 * A face whose extent is a square with the corner (x, y): the eyes' outer corners are its upper ones, so
 * that an error of d pixels is d / side.
 */
function faceAt(x: number, y = 0, side = 100): Float32Array {
  const points = Float32Array.from({ length: 136 }, (_, i) => (i % 2 ? y : x) + side / 2);
  points.set([x, y], 2 * 36);
  points.set([x + side, y], 2 * 45);
  points.set([x + side / 2, y + side], 2 * 8);
  return points;
}

function row(image: string, ...at: Parameters<typeof faceAt>): LandmarkRow {
  return { image, points: faceAt(...at) };
}

function near(got: number, expected: number): void {
  assert.ok(Math.abs(got - expected) < 1e-6, `got ${got}, expected ${expected}`);
}

Deno.test("faceName() numbers the faces of an image, and imageOfFace() is its inverse", () => {
  assert.deepEqual([0, 1, 2, 9].map((index) => faceName("a/photo.jpg", index)), [
    "a/photo.jpg",
    "a/photo.jpg#2",
    "a/photo.jpg#3",
    "a/photo.jpg#10",
  ]);
  for (const image of ["photo.jpg", "photo", "photo.jpg#1", "#", "a#02", "b#x"]) {
    for (const index of [0, 1, 9]) assert.equal(imageOfFace(faceName(image, index)), image);
  }
  assert.equal(imageOfFace(faceName("photo#2", 1)), "photo#2");
});

Deno.test("scoreLandmarks() gives the figures that were worked out by hand", async () => {
  // Outer corners of the eyes are 9 apart in x and 9 in y in these points.
  const eyes = Math.hypot(9, 9);
  const truth = [1, 2, 3, 4].map((n) => ({ image: `${n}.jpg`, points: pointsFrom(n) }));
  const shifted = (n: number, by: number) => ({
    image: `${n}.jpg`,
    points: pointsFrom(n).map((value, i) => i % 2 === 0 ? value + by : value),
  });
  const stranger = { image: "x.jpg", points: pointsFrom(0) };
  const score = await scoreLandmarks(
    [shifted(1, 0.5), shifted(2, 2), shifted(4, 0), stranger],
    truth,
  );
  assert.deepEqual([score.faces, score.missed, score.stray], [4, 1, 0]);
  assert.deepEqual(score.errors.map(({ image }) => image), ["2.jpg", "1.jpg", "4.jpg"]);
  assert.deepEqual(score.missedFaces, [{ image: "3.jpg", truth: 2, predicted: null }]);
  near(score.mean, (0.5 + 2) / eyes / 3);
  near(score.median, 0.5 / eyes);
  near(score.failureRate, 1 / 3);
  near(score.failuresOrMissed, 2 / 4);
  near(score.auc, (1 + (1 - 0.5 / eyes / 0.08)) / 4);
  const even = await scoreLandmarks([shifted(1, 1), shifted(2, 2)], truth);
  near(even.median, 1.5 / eyes);
  const none = await scoreLandmarks([], truth);
  assert.deepEqual([none.missed, none.mean, none.median, none.failureRate], [4, NaN, NaN, NaN]);
  assert.deepEqual([none.failuresOrMissed, none.auc], [1, 0]);
  const empty = await scoreLandmarks([shifted(1, 0)], []);
  assert.deepEqual([empty.faces, empty.stray, empty.failuresOrMissed, empty.auc], [0, 0, NaN, NaN]);
  const flat = [{ image: "1.jpg", points: new Float32Array(136) }];
  await assert.rejects(scoreLandmarks(flat, flat), {
    message: "Cannot score 1.jpg: the true eyes coincide",
  });
});

Deno.test("scoreLandmarks() measures the area under the distribution over all faces", async () => {
  const truth = ["a", "b", "c", "d"].map((image) => row(image, 0));
  // Errors 0.02 and 0.06 of 0.08 leave 3/4 and 1/4; 0.1 and a missed face leave nothing.
  const score = await scoreLandmarks([row("a", 2), row("b", 6), row("c", 10)], truth);
  near(score.auc, (3 / 4 + 1 / 4) / 4);
  // The same as a sum over thresholds, as others integrate it.
  const steps = 100_000;
  let area = 0;
  for (let i = 0; i < steps; i++) {
    const threshold = 0.08 * (i + 0.5) / steps;
    area += score.errors.filter(({ error }) => error <= threshold).length / score.faces / steps;
  }
  assert.ok(Math.abs(score.auc - area) < 1e-4, `${score.auc} and ${area}`);
});

Deno.test("scoreLandmarks() counts a face as missed where another one was found", async () => {
  // 50 pixels are half of the extent, and still the same face.
  const score = await scoreLandmarks(
    [row("b.jpg", 51), row("c.jpg", 50)],
    [row("a.jpg", 0), row("b.jpg", 0), row("c.jpg", 0)],
  );
  assert.deepEqual([score.faces, score.missed, score.stray], [3, 2, 1]);
  assert.deepEqual(score.missedFaces, [
    { image: "a.jpg", truth: 0, predicted: null },
    { image: "b.jpg", truth: 1, predicted: 0 },
  ]);
  near(score.mean, 0.5);
});

Deno.test("scoreLandmarks() matches several faces of an image by place, not by number", async () => {
  const score = await scoreLandmarks(
    [row("p.jpg", 304), row("p.jpg#2", 900), row("p.jpg#3", 1), row("q.jpg#2", 0)],
    [row("p.jpg", 0), row("p.jpg", 300), row("q.jpg", 0)],
  );
  assert.deepEqual([score.faces, score.missed, score.stray], [3, 0, 1]);
  assert.deepEqual(
    score.errors.map(({ image, truth, predicted }) => [image, truth, predicted]),
    [["p.jpg", 1, 0], ["p.jpg", 0, 2], ["q.jpg", 2, 3]],
  );
  near(score.errors[0]!.error, 0.04);
  near(score.errors[1]!.error, 0.01);
});

Deno.test("scoreLandmarks() gives a predicted face to the nearest true one, and to one only", async () => {
  const truth = [row("p", 0), row("p", 40)];
  const one = await scoreLandmarks([row("p", 30)], truth);
  assert.deepEqual(one.errors.map(({ truth }) => truth), [1]);
  assert.deepEqual(one.missedFaces, [{ image: "p", truth: 0, predicted: null }]);
  assert.equal(one.stray, 0);
  // Equally far from both: the first true face has it.
  const tie = await scoreLandmarks([row("p", 20)], truth);
  assert.deepEqual(tie.errors.map(({ truth }) => truth), [0]);
  // Two predicted faces equally far from one true face: the first of them.
  const twins = await scoreLandmarks([row("p", 90), row("p#2", 110)], [row("p", 100)]);
  assert.deepEqual(twins.errors.map(({ predicted }) => predicted), [0]);
  assert.equal(twins.stray, 1);
});

Deno.test("scoreLandmarks() takes #2 as part of the name of an image that is called so", async () => {
  const truth = [row("a.jpg", 0), row("a.jpg#2", 0), row("b#2", 0)];
  const predicted = [row("a.jpg", 1), row("a.jpg#2", 2), row("b#2", 3)];
  for (const images of [undefined, new Set(["a.jpg", "a.jpg#2", "b#2"])]) {
    const score = await scoreLandmarks(predicted, truth, { images });
    assert.deepEqual(
      score.errors.map(({ image, predicted }) => [image, predicted]),
      [["b#2", 2], ["a.jpg#2", 1], ["a.jpg", 0]],
    );
  }
  // Where the images are known, a true row may name a face as well.
  const faces = [row("a.jpg", 0), row("a.jpg#2", 200)];
  const swapped = [row("a.jpg", 200), row("a.jpg#2", 0)];
  const score = await scoreLandmarks(swapped, faces, { images: new Set(["a.jpg"]) });
  assert.deepEqual([score.faces, score.missed, score.mean], [2, 0, 0]);
});

Deno.test("scoreLandmarks() finds images that the truth spells otherwise, and only those looked at", async () => {
  // As of a.pts, b.pts in a folder, and of an imglab file with folders of its own.
  const truth = [row("x/a", 0), row("y/a", 200), row("../other/b.png", 0), row("c.jpg", 0)];
  const predicted = [row("y/a.jpg", 202), row("x/a.jpg", 1), row("b.png", 3)];
  const all = await scoreLandmarks(predicted, truth);
  assert.deepEqual([all.faces, all.missed], [4, 1]);
  assert.deepEqual(all.errors.map(({ image }) => image), ["b.png", "y/a.jpg", "x/a.jpg"]);
  const images = new Set(["x/a.jpg", "y/a.jpg", "z/none.jpg"]);
  const some = await scoreLandmarks(predicted, truth, { images });
  assert.deepEqual([some.faces, some.missed, some.stray], [2, 0, 0]);
  await assert.rejects(scoreLandmarks([row("a/1.jpg", 0), row("b/1.jpg", 0)], [row("1", 0)]), {
    name: "SyntaxError",
    message: "Cannot tell whose true points 1 has: a/1.jpg and b/1.jpg fit equally",
  });
  const stems = [{ ...row("a/1", 0), place: "a/1.pts:4" }, row("b/1", 0)];
  await assert.rejects(scoreLandmarks([row("1.jpg", 0)], stems), {
    name: "SyntaxError",
    message: "Cannot tell whose landmarks 1.jpg has: " +
      "a/1 (a/1.pts:4) and b/1 (row 2 of the truth) fit equally",
  });
});

Deno.test("scoreText() prints the figures, and n/a where there are none", async () => {
  const truth = ["a", "b", "c", "d"].map((image) => row(image, 0));
  const score = await scoreLandmarks(
    [row("a", 2), row("b", 6), row("c", 10), row("c#2", 99)],
    truth,
  );
  assert.equal(
    scoreText(score),
    `faces           4
missed          1 (25.0 %)
NME, mean       0.0600
NME, median     0.0600
NME above 0.08  33.3 % of those found, 50.0 % with those missed
AUC up to 0.08  0.2500
stray           1`,
  );
  assert.equal(
    scoreText(await scoreLandmarks([], [])),
    `faces           0
missed          0
NME, mean       n/a
NME, median     n/a
NME above 0.08  n/a of those found, n/a with those missed
AUC up to 0.08  n/a
stray           0`,
  );
});

/** A gray picture. */
function gray(width: number, height: number): RgbImage {
  return { width, height, data: new Uint8Array(3 * width * height).fill(128) };
}

function pixel({ width, data }: RgbImage, x: number, y: number): number[] {
  const at = 3 * (y * width + x);
  return [...data.subarray(at, at + 3)];
}

Deno.test("Canvas.line() covers what is nearer than half its width, and cuts off what lies outside", () => {
  const canvas = new Canvas(5, 5, [0, 0, 0]);
  canvas.line([1.5, 2.5], [1e9, 2.5], 1, [200, 100, 50]);
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 5; x++) {
      const expected = y === 2 && x >= 1 ? [200, 100, 50] : [0, 0, 0];
      assert.deepEqual(pixel(canvas, x, y), expected, `${x}, ${y}`);
    }
  }
  canvas.line([2.5, 0], [2.5, 0], 1, [250, 0, 0], 0.5);
  assert.deepEqual(pixel(canvas, 2, 0), [62, 0, 0], "half a pixel from the centre, half opaque");
  canvas.disc(1e30, -1e30, 3, [1, 1, 1]);
});

Deno.test("drawErrors() shows true points green and predicted ones red where they are", () => {
  const [truth, predicted] = [faceAt(150, 200), faceAt(160, 200)];
  const picture = drawErrors({ image: gray(400, 500), truth, predicted, found: true }, 360);
  // 180 pixels around the centre (200, 250), doubled.
  assert.deepEqual([picture.width, picture.height], [360, 360]);
  const at = (x: number, y: number) => pixel(picture, 2 * (x - 110), 2 * (y - 160));
  assert.deepEqual(at(150, 200), [64, 255, 112]);
  assert.deepEqual(at(250, 200), [64, 255, 112]);
  assert.deepEqual(at(260, 200), [255, 48, 64]);
  const [red, green, blue] = at(255, 200) as [number, number, number];
  assert.ok(red > 128 && green > 128 && blue < 128, "a yellow line between the two");
  assert.deepEqual(at(120, 170), [128, 128, 128]);
});

Deno.test("drawErrors() stays inside the image, and shows the wrong face that was found", () => {
  const image = gray(300, 120);
  const alone = drawErrors({ image, truth: faceAt(-20), predicted: null, found: false }, 360);
  assert.deepEqual([alone.width, alone.height], [360, 360], "120 x 120 pixels");
  const wrong = { image, truth: faceAt(10, 10), predicted: faceAt(190, 10), found: false };
  const both = drawErrors(wrong, 300);
  assert.deepEqual([both.width, both.height], [300, 120], "all of the image");
  assert.deepEqual(pixel(both, 190, 10), [255, 48, 64]);
  assert.throws(
    () => drawErrors({ ...wrong, truth: faceAt(900), predicted: null }, 300),
    { name: "RangeError", message: "the true points lie outside of the 300x120 pixels" },
  );
});

/** Four faces, one of them missed, whose image is `photo.png` in the folder. */
async function worstOf(folder: string): Promise<WorstOptions> {
  await Deno.writeFile(join(folder, "photo.png"), await encodePng(gray(200, 160)));
  const truth = ["ä b/1.jpg", "2.jpg", "3.jpg", "4.jpg"].map((image) => row(image, 40, 30));
  const predicted = [row("2.jpg", 44, 30), row("ä b/1.jpg", 60, 30), row("4.jpg", 41, 30)];
  return {
    score: await scoreLandmarks(predicted, truth),
    predicted,
    truth,
    imageOf: () => join(folder, "photo.png"),
    folder: join(folder, "worst"),
  };
}

Deno.test("writeWorst() writes the missed faces, then the worst, and a sheet of all", async () => {
  await inFolder(async (folder) => {
    const options = await worstOf(folder);
    const paths = await writeWorst({ ...options, count: 3 });
    const names = ["1_missed_3.png", "2_0.2000_ä_b_1.png", "3_0.0400_2.png", "worst.png"];
    assert.deepEqual(paths, names.map((name) => join(folder, "worst", name)));
    const written = await Array.fromAsync(Deno.readDir(options.folder), ({ name }) => name);
    assert.deepEqual(written.sort(), names);
    const [first, , , sheet] = await Promise.all(paths.map(readImage));
    assert.ok(Math.max(first!.width, first!.height) < 600, `${first!.width}x${first!.height}`);
    assert.ok(sheet!.width > 3 * 300, `${sheet!.width}`);
    const ten = await writeWorst(options);
    assert.equal(basename(ten[0]!), "01_missed_3.png");
    assert.equal(ten.length, 5);
  });
});

Deno.test("writeWorst() leaves out what it cannot show, and says why", async () => {
  await inFolder(async (folder) => {
    const options = await worstOf(folder);
    await Deno.writeTextFile(join(folder, "text.jpg"), "no image");
    await Deno.writeFile(join(folder, "small.png"), await encodePng(gray(10, 10)));
    const paths: Record<string, string> = {
      "ä b/1.jpg": join(folder, "text.jpg"),
      "2.jpg": join(folder, "absent.jpg"),
      "3.jpg": join(folder, "small.png"),
    };
    const reasons: string[] = [];
    const onSkip = (reason: string) => reasons.push(reason);
    const given = { ...options, onSkip, imageOf: (image: string) => paths[image] };
    const wanted = [
      `ä b/1.jpg: Cannot decode ${
        join(folder, "text.jpg")
      }: the file is no picture of a known kind; AVIF, BMP, GIF, JPEG, PNG, TIFF, WebP are read`,
      "2.jpg: there is no such file",
      "4.jpg: nobody knows where the image is",
    ];
    const shown = await writeWorst(given);
    assert.deepEqual(shown.map((path) => basename(path)), ["01_missed_3.png", "worst.png"]);
    assert.deepEqual(reasons, wanted);
    paths["3.jpg"] = join(folder, "absent.jpg");
    assert.deepEqual(await writeWorst({ ...given, folder: join(folder, "none") }), []);
  });
});

Deno.test("writeWorst() refuses other rows than were scored, and stops when it is aborted", async () => {
  await inFolder(async (folder) => {
    const options = await worstOf(folder);
    await assert.rejects(writeWorst({ ...options, truth: [] }), {
      name: "RangeError",
      message: "Cannot show the worst faces: row 1 is needed, there are 0",
    });
    const signal = AbortSignal.abort(new Error("interrupted"));
    await assert.rejects(writeWorst({ ...options, signal }), { message: "interrupted" });
    const nothing = await scoreLandmarks([], []);
    assert.deepEqual(await writeWorst({ ...options, score: nothing }), []);
  });
});
