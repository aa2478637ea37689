import assert from "node:assert/strict";
import { join } from "node:path";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { readImage, resizeImage, type RgbImage } from "../../../pipeline/image/image.ts";
import { findPredictorFile, readPredictor } from "../../../pipeline/landmarks.ts";
import { FaceFinder, type PlacedFace } from "../../../pipeline/landmarks/face_finder.ts";
import { pointDistance } from "../../../pipeline/landmarks/face_square.ts";
import { FrameGuess, hasFrame } from "../../../pipeline/landmarks/orientation/frame_guess.ts";
import { turnPicture } from "../../../pipeline/landmarks/orientation/turned_picture.ts";
import { NetPlacer } from "../../../pipeline/landmarks/placing/net_placer.ts";
import { openPredictor } from "../../../pipeline/landmarks/placing/predictor.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { realData } from "../../contexts/real_data.ts";
import { imagesIn } from "../../contexts/real_images.ts";

const CELEBA = await realData("celeba-small", "img_align_celeba");
const PREDICTOR = await findPredictorFile();

async function open() {
  await useWasm();
  const predict = openPredictor({ predictor: await readPredictor(PREDICTOR!), gpu: null })!;
  let asked = 0;
  const guess = new FrameGuess(new NetPlacer(), (job) => {
    asked += job.windows.length / 3;
    return predict(job);
  });
  return { guess, finder: new FaceFinder(predict), asked: () => asked };
}

Deno.test("hasFrame() knows the shape of CelebA's aligned images at any size", () => {
  const of = (width: number, height: number) => hasFrame({ width, height });
  assert.deepEqual([of(178, 218), of(89, 109), of(356, 436)], [true, true, true]);
  assert.deepEqual([of(218, 178), of(178, 178), of(96, 128)], [false, false, false]);
});

Deno.test({
  name: "FrameGuess.place() answers most aligned faces, as the search does, and none upside down",
  ignore: PREDICTOR === null || CELEBA === null,
  async fn() {
    const { guess, finder, asked } = await open();
    const images: RgbImage[] = [];
    for (const path of await imagesIn(CELEBA!, 75, 32)) {
      images.push(resizeImage(await readImage(path), 178, 218));
    }
    const placed = await guess.place(images);
    const found = placed.filter((points) => points !== null).length;
    assert(found >= 28, `${found} of ${images.length}`);
    assert(asked() <= 5 * images.length, `asked ${asked()} times`);
    const search = { detector: "box", hint: null, all: false } as const;
    const faces = await finder.find(images.map((image) => ({ ...search, image })));
    for (const [i, points] of placed.entries()) {
      if (!points) continue;
      const off = pointDistance(points, faces[i]![0]!.points);
      assert(off < 0.1, `image ${i}: ${off} eye distances off`);
    }
    const upsideDown = await guess.place(images.map((image) => turnPicture(image, 180)));
    assert(upsideDown.every((points) => points === null));
  },
});

Deno.test({
  name: "FrameGuess.place() sees no face where there is none",
  ignore: PREDICTOR === null,
  async fn() {
    const { guess } = await open();
    const random = new Random(5);
    const paint = (value: (x: number, y: number) => number): RgbImage => ({
      ...{ width: 178, height: 218 },
      data: Uint8Array.from(
        { length: 3 * 178 * 218 },
        (_, i) => value(Math.floor(i / 3) % 178, Math.floor(i / 3 / 178)),
      ),
    });
    const nothing = {
      gray: paint(() => 128),
      black: paint(() => 0),
      gradient: paint((_, y) => y),
      stripes: paint((x) => 255 * (Math.floor(x / 9) % 2)),
      checkers: paint((x, y) => 255 * ((Math.floor(x / 20) + Math.floor(y / 20)) % 2)),
      noise: paint(() => random.integer(256)),
    };
    const placed = await guess.place(Object.values(nothing));
    for (const [i, name] of Object.keys(nothing).entries()) {
      assert.equal(placed[i], null, `${name} (seed 5)`);
    }
  },
});

Deno.test({
  name: "FaceFinder.find() turns no upright face that would look like one upside down too",
  ignore: PREDICTOR === null,
  async fn() {
    const { guess, finder } = await open();
    const image = await readImage(
      join(import.meta.dirname!, "../../../data/sample/Img/img_align_celeba/000429.jpg"),
    );
    const [upright, upsideDown] = await guess.place([image, turnPicture(image, 180)]);
    assert.equal(upright, null, "a face that the guess does not settle");
    assert(upsideDown, "and believes upside down");
    const search = { image, detector: "auto", hint: null, all: false } as const;
    const [[face]] = await finder.find([search]) as [PlacedFace[]];
    assert.equal(face?.turn, 0);
  },
});
