import assert from "node:assert/strict";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { cutSquare, fromSquare } from "../../../pipeline/landmarks/crop.ts";
import {
  type Detection,
  suppressOverlaps,
} from "../../../pipeline/landmarks/detection/detection.ts";
import { Detectors } from "../../../pipeline/landmarks/detection/detectors.ts";
import { FaceFinder, type PlacedFace } from "../../../pipeline/landmarks/face_finder.ts";
import { CROP_SIZE, PointNet } from "../../../pipeline/landmarks/placing/point_net.ts";
import { SsdDetector } from "../../../pipeline/landmarks/detection/ssd_detector.ts";
import { TinyDetector } from "../../../pipeline/landmarks/detection/tiny_detector.ts";
import { makeView } from "../../../pipeline/landmarks/detection/view.ts";
import type { Box } from "../../../pipeline/face/record.ts";
import { drawFace, drawFaces } from "../../fixtures/drawn_face.ts";

// What face-api 1.7.15 itself answered for the drawn face, on tfjs's wasm backend.
const TINY_ANSWER = { score: 0.958869, box: [24.12369, 55.58582, 99.69645, 88.83364] };
const SSD_ANSWERS = [
  { score: 0.149349, box: [82.49771, 177.47305, 295.44299, 241.03229] },
  { score: 0.054004, box: [88.74532, 89.51826, 358.85057, 394.76079] },
];
const POINT_ANSWERS: Record<number, [x: number, y: number]> = {
  0: [0.26498, 0.52877],
  8: [0.48052, 0.70479],
  30: [0.48719, 0.58115],
  36: [0.38517, 0.47627],
  45: [0.63514, 0.44792],
  57: [0.46537, 0.65002],
};

function assertDetection(
  { box, score }: Detection,
  expected: { score: number; box: number[] },
): void {
  const got = [score, box.x, box.y, box.width, box.height];
  // f32 sums in another order: 1e-5 of the score, a hundredth of a pixel.
  const near = [expected.score, ...expected.box].every((value, i) =>
    Math.abs(got[i]! - value) < (i === 0 ? 1e-5 : 0.01)
  );
  assert.ok(near, `got ${got}, expected ${expected.score}, ${expected.box}`);
}

Deno.test("TinyDetector.detect() answers as face-api does", async () => {
  await useWasm();
  const detector = new TinyDetector();
  const found = detector.detect(drawFace(160), 0.05);
  assert.equal(found.length, 1);
  assertDetection(found[0]!, TINY_ANSWER);
  assert.throws(() => detector.detect(drawFace(150), 0.05), {
    message: "The tiny detector needs multiples of 32 pixels, got 150x150",
  });
});

Deno.test("SsdDetector.detect() answers as face-api does", async () => {
  await useWasm();
  const detector = new SsdDetector();
  const found = detector.detect(drawFace(512), 0.05);
  assert.equal(found.length, 2);
  for (const [i, expected] of SSD_ANSWERS.entries()) assertDetection(found[i]!, expected);
  assert.throws(() => detector.detect(drawFace(160), 0.05), {
    message: "The SSD detector needs 512x512, got 160x160",
  });
});

Deno.test("PointNet.predict() answers as face-api does, alone and in a batch", async () => {
  await useWasm();
  const net = new PointNet();
  const crop = drawFace(CROP_SIZE).data;
  const alone = net.predict(crop, 1);
  for (const [point, expected] of Object.entries(POINT_ANSWERS)) {
    const got = alone.subarray(2 * Number(point));
    const off = Math.max(Math.abs(got[0]! - expected[0]), Math.abs(got[1]! - expected[1]));
    assert.ok(off < 2e-5, `point ${point}: got ${got[0]}, ${got[1]}, expected ${expected}`);
  }
  const batch = new Uint8Array(3 * crop.length).fill(90);
  batch.set(crop, crop.length);
  const middle = net.predict(batch, 3).subarray(136, 272);
  const worst = Math.max(...middle.map((value, i) => Math.abs(value - alone[i]!)));
  assert.ok(worst < 1e-5, `differs by ${worst}`);
});

/** Where the drawn face's outer corners of the eyes are, in shares of its side. */
const DRAWN_EYES = { 36: [0.355, 0.48], 45: [0.645, 0.48] } as const;

Deno.test("FaceFinder.find() follows the face wherever it is and however large", async () => {
  await useWasm();
  const finder = new FaceFinder();
  for (const [side, x, y] of [[200, 0, 0], [320, 80, 30], [120, 250, 140]] as const) {
    const image = side === 200 ? drawFace(200) : drawFaces(480, 400, [[side, x, y]]);
    const search = { image, detector: "tiny", hint: null, all: false } as const;
    const [[face, ...others]] = await finder.find([search]) as [PlacedFace[]];
    assert.ok(face, `side ${side} is not found`);
    assert.equal(others.length, 0);
    for (const [point, [shareX, shareY]] of Object.entries(DRAWN_EYES)) {
      const at = face.points.subarray(2 * Number(point));
      const off = Math.hypot(at[0]! - x - shareX * side, at[1]! - y - shareY * side);
      assert.ok(off < 0.05 * side, `side ${side}: point ${point} is ${off} pixels off`);
    }
  }
});

Deno.test("Detectors.search() takes the face that the data set's box holds", async () => {
  await useWasm();
  const detectors = new Detectors();
  const both = drawFaces(480, 300, [[150, 310, 100], [220, 20, 40]]);
  const centreOf = ({ x, width }: Box) => x + width / 2;
  const first = (hint: Box | null) =>
    detectors.search(both, "tiny", hint).candidates().next().value!;
  assert.ok(centreOf(first(null).box) < 240, "without a hint, the larger one");
  assert.ok(centreOf(first({ x: 320, y: 110, width: 130, height: 140 }).box) > 310);
  // A box with no face in it is still believed, in the end.
  const hint = { x: 220, y: 0, width: 40, height: 30 };
  const all = [...detectors.search(both, "tiny", hint).candidates()];
  assert.deepEqual(all.map(({ box, certain }) => [box, certain]), [[hint, true]]);
});

Deno.test("FaceFinder.find() finds nothing where there is nothing, unless told that there is", async () => {
  await useWasm();
  const finder = new FaceFinder();
  for (const [width, height] of [[1, 1], [3, 200], [178, 218]] as const) {
    const image = { width, height, data: new Uint8Array(3 * width * height).fill(77) };
    const search = { image, hint: null, all: false };
    const [none, [face]] = await finder.find([
      { ...search, detector: "tiny" },
      { ...search, detector: "aligned" },
    ]) as [PlacedFace[], PlacedFace[]];
    assert.deepEqual(none, []);
    assert.ok(face!.points.every(Number.isFinite), `${width}x${height}`);
  }
});

Deno.test("cutSquare() copies a level square of the same scale pixel by pixel", () => {
  const image = drawFace(20);
  const crop = new Uint8Array(3 * 8 * 8);
  cutSquare(image, { x: 9, y: 11, side: 8, angle: 0 }, 8, crop);
  for (let y = 0; y < 8; y++) {
    const from = 3 * (20 * (y + 7) + 5);
    const expected = [...image.data.subarray(from, from + 24)];
    assert.deepEqual([...crop.subarray(24 * y, 24 * (y + 1))], expected, `row ${y}`);
  }
});

Deno.test("cutSquare() turns, averages, and continues the border", () => {
  const data = Uint8Array.from([10, 20, 30, 40].flatMap((value) => [value, value, value]));
  const image = { width: 2, height: 2, data };
  const reds = (square: Parameters<typeof cutSquare>[1], size: number) => {
    const crop = new Uint8Array(3 * size * size);
    cutSquare(image, square, size, crop);
    return [...crop.filter((_, i) => i % 3 === 0)];
  };
  assert.deepEqual(reds({ x: 1, y: 1, side: 2, angle: Math.PI / 2 }, 2), [20, 40, 10, 30]);
  assert.deepEqual(reds({ x: 1, y: 1, side: 2, angle: 0 }, 1), [25]);
  assert.deepEqual(reds({ x: -4, y: 0, side: 2, angle: 0 }, 2), [10, 10, 10, 10]);
  assert.deepEqual(reds({ x: 4, y: 5, side: 2, angle: 0 }, 2), [40, 40, 40, 40]);
});

Deno.test("fromSquare() gives a point's place in the picture", () => {
  assert.deepEqual(fromSquare({ x: 10, y: 20, side: 4, angle: 0 }, 1, 0), [12, 18]);
  const [x, y] = fromSquare({ x: 10, y: 20, side: 4, angle: Math.PI / 2 }, 1, 0.5);
  assert.ok(Math.hypot(x - 10, y - 22) < 1e-12, `${x}, ${y}`);
});

Deno.test("makeView() centres the picture, continues its border, and maps boxes back", () => {
  const data = Uint8Array.from({ length: 3 * 20 * 40 }, (_, i) => Math.floor(i / 3) % 20 * 10);
  const { canvas, toPicture } = makeView(
    { width: 20, height: 40, data },
    { longSide: 80, room: 1.5, unit: 32 },
  );
  assert.deepEqual([canvas.width, canvas.height], [64, 128]);
  assert.equal(canvas.data[0], 0);
  assert.equal(canvas.data.at(-1), 190);
  assert.deepEqual(toPicture({ x: 12, y: 24, width: 40, height: 80 }), {
    x: 0,
    y: 0,
    width: 20,
    height: 40,
  });
});

Deno.test("suppressOverlaps() keeps the best of boxes that overlap", () => {
  const at = (x: number, score: number): Detection => ({
    box: { x, y: 0, width: 10, height: 10 },
    score,
  });
  // Moved by 5 of 10: intersection over union 1/3.
  const kept = suppressOverlaps([at(5, 0.5), at(0, 0.9), at(30, 0.2)], 0.3);
  assert.deepEqual(kept.map(({ score }) => score), [0.9, 0.2]);
  assert.equal(suppressOverlaps([at(5, 0.5), at(0, 0.9)], 0.34).length, 2);
});
