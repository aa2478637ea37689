import assert from "node:assert/strict";
import { basename } from "node:path";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { readImage, type RgbImage } from "../../../pipeline/image/image.ts";
import { findPredictorFile, readPredictor } from "../../../pipeline/landmarks.ts";
import { cutAlignedFace } from "../../../pipeline/landmarks/aligned_face.ts";
import { FaceFinder, type PlacedFace } from "../../../pipeline/landmarks/face_finder.ts";
import { pointDistance } from "../../../pipeline/landmarks/face_square.ts";
import { exchangeSides, mirrorRows } from "../../../pipeline/landmarks/mirror.ts";
import { openPredictor } from "../../../pipeline/landmarks/placing/predictor.ts";
import {
  turnBack,
  turnBox,
  turnPicture,
  turnPoints,
} from "../../../pipeline/landmarks/orientation/turned_picture.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { TURNS } from "../../../pipeline/face/record.ts";
import { drawFaces } from "../../fixtures/drawn_face.ts";
import { CHANGES, oneAndAll } from "../../endurance/faces.ts";
import { pointsFrom } from "../../fixtures/face_records.ts";
import { realData } from "../../contexts/real_data.ts";
import { imagesIn } from "../../contexts/real_images.ts";

const SEARCH = { detector: "auto", hint: null, all: false } as const;
const QUARTERS = [90, 180, 270] as const;

Deno.test("turnPoints() and turnBox() follow the pixels of turnPicture(), there and back", () => {
  const [width, height, size] = [7, 5, { width: 7, height: 5 }];
  const random = new Random(3);
  const data = Uint8Array.from({ length: 3 * width * height }, () => random.integer(256));
  for (const turn of TURNS) {
    const turned = turnPicture({ ...size, data }, turn);
    for (const [column, row] of [[0, 0], [6, 1], [2, 4]] as const) {
      const points = Float32Array.of(column + 0.5, row + 0.5);
      const [x, y] = turnPoints(points, size, turn);
      const [at, from] = [Math.floor(y!) * turned.width + Math.floor(x!), row * width + column];
      const pixel = turned.data.subarray(3 * at, 3 * at + 3);
      assert.deepEqual(pixel, data.subarray(3 * from, 3 * from + 3), `turned by ${turn}`);
      const box = { x: column, y: row, width: 1, height: 1 };
      const there = turnBox(box, size, turn);
      assert.deepEqual(there, { x: Math.floor(x!), y: Math.floor(y!), width: 1, height: 1 });
      assert.deepEqual(turnBox(there, turned, turnBack(turn)), box);
      assert.deepEqual(turnPoints(Float32Array.of(x!, y!), turned, turnBack(turn)), points);
    }
  }
});

Deno.test("a mirror exchanges left and right, of points and of pixels", () => {
  const points = pointsFrom(0);
  const exchanged = exchangeSides(points);
  assert.deepEqual(exchangeSides(exchanged), points);
  // Chin, jaw, a brow, the tip of the nose, a corner of an eye, the corners of the mouth.
  const pairs = [[8, 8], [0, 16], [17, 26], [30, 30], [36, 45], [41, 46], [48, 54], [67, 65]];
  for (const [point, other] of pairs) assert.equal(exchanged[2 * point!], points[2 * other!]);
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  mirrorRows(pixels, 3, 2);
  assert.deepEqual([...pixels], [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]);
});

/** Both ways to place points, the second where dlib's file is. */
async function finders(): Promise<Record<string, FaceFinder>> {
  await useWasm();
  const file = await findPredictorFile();
  const network = { "the network": new FaceFinder() };
  if (file === null) return network;
  const predict = openPredictor({ predictor: await readPredictor(file), gpu: null });
  return { ...network, "dlib's predictor": new FaceFinder(predict) };
}

/** Turns a picture in each way, and holds what is found in it against what is found in it upright. */
async function assertTurned(finder: FaceFinder, image: RgbImage, what: string): Promise<void> {
  const [[face]] = await finder.find([{ ...SEARCH, image }]) as [PlacedFace[]];
  assert.equal(face?.turn, 0, `${what}: upright`);
  for (const turn of QUARTERS) {
    const turned = turnPicture(image, turn);
    const [[found]] = await finder.find([{ ...SEARCH, image: turned }]) as [PlacedFace[]];
    assert.equal(found?.turn, turnBack(turn), `${what}: turned by ${turn}`);
    // The very points: what is searched in the end are the same pixels.
    const points = turnPoints(found.points, turned, found.turn);
    const off = pointDistance(face!.points, points);
    assert(off < 1e-4, `${what}, turned by ${turn}: ${off} eye distances off`);
    const [upright, aligned] = [
      cutAlignedFace(image, face!.points),
      cutAlignedFace(turned, found.points),
    ];
    const differences = upright.data.map((value, i) => Math.abs(value - aligned.data[i]!));
    const most = Math.max(...differences);
    assert(most <= 2, `${what}, turned by ${turn}: the aligned face differs by ${most}`);
  }
}

for (const [name, finder] of Object.entries(await finders())) {
  Deno.test(`FaceFinder.find() finds a face whichever way its picture lies: ${name}`, async () => {
    const image = drawFaces(320, 280, [[240, 40, 20]]);
    await assertTurned(finder, image, "drawn");
    const turned = turnPicture(image, 180);
    const [all, upright] = await finder.find([
      { ...SEARCH, image: turned, all: true },
      { ...SEARCH, image: turned, uprightOnly: true },
    ]);
    assert.deepEqual(all!.map(({ turn }) => turn), [180]);
    assert(upright!.every(({ turn }) => turn === 0));
  });
}

const IBUG = await realData("ibug68");
const CELEBA = await realData("celeba-small", "img_align_celeba");

Deno.test({
  name: "FaceFinder.find() is as exact on photographs that lie on their side or upside down",
  ignore: IBUG === null || CELEBA === null,
  async fn() {
    for (const [name, finder] of Object.entries(await finders())) {
      for (const path of [...await imagesIn(IBUG!, 50, 2), ...await imagesIn(CELEBA!, 600, 3)]) {
        await assertTurned(finder, await readImage(path), `${name}: ${basename(path)}`);
      }
    }
  },
});

Deno.test({
  name: "FaceFinder.find() finds one face where it finds all, in photographs that were changed",
  ignore: IBUG === null,
  async fn() {
    for (const [name, finder] of Object.entries(await finders())) {
      for (const path of await imagesIn(IBUG!, 40, 2)) {
        for (const [change, make] of Object.entries(CHANGES)) {
          const faces = await oneAndAll(finder, make(await readImage(path)));
          assert.equal(typeof faces, "number", `${name}, ${basename(path)}, ${change}: ${faces}`);
        }
      }
    }
  },
});

Deno.test({
  name: "FaceFinder.find() turns no photograph that is upright, and changes none of its points",
  ignore: IBUG === null || CELEBA === null,
  async fn() {
    for (const [name, finder] of Object.entries(await finders())) {
      for (const path of [...await imagesIn(IBUG!, 33, 3), ...await imagesIn(CELEBA!, 200, 12)]) {
        const image = await readImage(path);
        for (const all of [false, true]) {
          const search = { ...SEARCH, image, all };
          const [faces, before] = await finder.find([search, { ...search, uprightOnly: true }]);
          assert.deepEqual(faces, before, `${name}: ${basename(path)}`);
        }
      }
    }
  },
});
