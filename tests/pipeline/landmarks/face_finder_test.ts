import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { tfjsHeap } from "../../../kernels/tfjs/wasm/heap.ts";
import type { TreeCascade, TreeCascadeJob } from "../../../kernels/tree_cascade_job.ts";
import { readImage } from "../../../pipeline/image/image.ts";
import { findPredictorFile, readPredictor } from "../../../pipeline/landmarks.ts";
import {
  FaceFinder,
  type FaceSearch,
  type PlacedFace,
} from "../../../pipeline/landmarks/face_finder.ts";
import { squareByEyes } from "../../../pipeline/landmarks/face_square.ts";
import { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { openPredictor } from "../../../pipeline/landmarks/placing/predictor.ts";
import type { PredictPoints } from "../../../pipeline/landmarks/placing/tree_placer.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { drawFace, drawFaces, type Place } from "../../fixtures/drawn_face.ts";
import { realData } from "../../contexts/real_data.ts";
import { imagesIn } from "../../contexts/real_images.ts";
import { smallPredictor } from "../../fixtures/shape_predictor_writer.ts";

await useWasm();
const NET = new FaceFinder();

/** How a picture is searched unless a test says otherwise. */
const SEARCH = { detector: "auto", hint: null, all: false } as const;

/** A predictor's box around the points of a face, as a share of their extent. */
const BOX = { scale: 1.05, down: -0.1 } as const;

/**
 * A predictor that has learnt the drawn face and moves its points by next to nothing, so that the
 * network agrees with it where there is such a face.
 */
const DRAWN: TreeCascade = await (async () => {
  const [[face]] = await NET.find([{ ...SEARCH, image: drawFace(300) }]) as [PlacedFace[]];
  const { x, y, side } = squareByEyes(face!.points, BOX.scale, 0, BOX.down);
  const initial = face!.points.map((value, i) => (value - (i % 2 ? y : x)) / side + 0.5);
  return smallPredictor(new Random(1), initial, 1e-4);
})();

/** All ways to place points; dlib's own predictor only where its file is. */
const PREDICTORS: Record<string, PredictPoints | null> = {
  "the network": null,
  "a predictor": openPredictor({ predictor: DRAWN, gpu: null }),
};
const gpu = await Gpu.open();
if (gpu !== null) PREDICTORS["a predictor on the GPU"] = openPredictor({ predictor: DRAWN, gpu });
globalThis.addEventListener("unload", () => gpu?.[Symbol.dispose]());
const file = await findPredictorFile();
if (file !== null) {
  PREDICTORS["dlib's predictor"] = openPredictor({
    predictor: await readPredictor(file),
    gpu: null,
  });
}

/** Where the drawn face's outer corners of the eyes are, in shares of its side. */
const DRAWN_EYES = { 36: [0.355, 0.48], 45: [0.645, 0.48] } as const;

function assertOnFace(face: PlacedFace | undefined, [side, x, y]: Place, what: string): void {
  assert(face, `${what}: there is no face`);
  for (const [point, [shareX, shareY]] of Object.entries(DRAWN_EYES)) {
    const at = face.points.subarray(2 * Number(point));
    const off = Math.hypot(at[0]! - x - shareX * side, at[1]! - y - shareY * side);
    assert(off < 0.06 * side, `${what}: point ${point} is ${off} pixels off, side ${side}`);
  }
}

/** Pictures of odd sizes with no to two faces, looked at in all ways; by the thorough detector if asked to. */
function drawnSearches(count: number, random: Random, thorough = true): FaceSearch[] {
  return Array.from({ length: count }, (_, i): FaceSearch => {
    const [width, height] = [120 + random.integer(300), 90 + random.integer(200)];
    const places = Array.from({ length: random.integer(3) }, (): Place => {
      const side = 70 + random.integer(Math.min(width, height) - 70);
      return [side, random.integer(width - side), random.integer(height - side)];
    });
    const box = { x: random.integer(60), y: random.integer(30), width: 70, height: 65 };
    return {
      image: drawFaces(width, height, places),
      // Where a known box leads to no face, the thorough detector takes as long as all others together.
      detector: i === 9 && thorough ? "box" : i % 4 === 0 ? "aligned" : "tiny",
      hint: i % 3 === 0 ? box : null,
      all: i % 5 === 1,
    };
  });
}

/** Asks for all at once, for every other one alone, and for some at once in another order. */
async function assertAlike(finder: FaceFinder, searches: readonly FaceSearch[]): Promise<number> {
  const together = await finder.find(searches);
  for (const [i, search] of searches.entries()) {
    if (i % 2 === 0) continue;
    assert.deepEqual((await finder.find([search]))[0], together[i], `search ${i} alone`);
  }
  const some = [...searches.keys()].reverse().slice(3, 10);
  const again = await finder.find(some.map((i) => searches[i]!));
  for (const [k, i] of some.entries()) assert.deepEqual(again[k], together[i], `search ${i}`);
  return together.flat().length;
}

for (const [name, predict] of Object.entries(PREDICTORS)) {
  const finder = new FaceFinder(predict);

  Deno.test(`FaceFinder.find() finds the same in any company: ${name}, seed 4`, async () => {
    // What the detectors find does not depend on who places the points.
    const searches = drawnSearches(20, new Random(4), predict === null);
    const faces = await assertAlike(finder, searches);
    assert(faces > 12, `${faces} faces`);
  });

  Deno.test(`FaceFinder.find() finds all faces, the one that comes alone first: ${name}`, async () => {
    const places: Record<string, Place[]> = {
      two: [[260, 20, 60], [200, 380, 80]],
      one: [[240, 300, 50]],
      none: [],
    };
    for (const [what, drawn] of Object.entries(places)) {
      const image = drawFaces(640, 360, drawn);
      const search = { ...SEARCH, detector: "tiny", image } as const;
      const [alone, all] = await finder.find([search, { ...search, all: true }]);
      assert.equal(alone!.length, Math.min(drawn.length, 1), what);
      assert.equal(all!.length, drawn.length, what);
      assert.deepEqual(all!.slice(0, 1), alone);
      for (const [i, face] of all!.entries()) assertOnFace(face, drawn[i]!, what);
    }
    // The one that is wanted comes first, even if it is the smaller one.
    const [first, second] = places.two as [Place, Place];
    const hint = { x: 400, y: 100, width: 160, height: 160 };
    const image = drawFaces(640, 360, [first, second]);
    const [faces] = await finder.find([{ image, detector: "tiny", hint, all: true }]);
    assertOnFace(faces![0], second, "the face in the box");
    assertOnFace(faces![1], first, "the other one");
  });
}

/** Where a face is drawn, and boxes that lead to it. */
const KNOWN: Place = [200, 240, 60];
const AS_OF_DLIB = { x: 280, y: 105, width: 120, height: 120 };
/** Half as high again as it is wide, as CelebA's are. */
const AS_OF_CELEBA = { x: 275, y: 90, width: 130, height: 180 };
const MOVED = { x: 250, y: 130, width: 110, height: 100 };
const TOO_LARGE = { x: 100, y: -60, width: 480, height: 420 };
const WAYS = {
  "the network": [AS_OF_DLIB, AS_OF_CELEBA, MOVED, TOO_LARGE],
  // It believes a square box that its points fit, wherever that is, as dlib does.
  "dlib's predictor": [AS_OF_DLIB, AS_OF_CELEBA],
};

for (const [name, boxes] of Object.entries(WAYS)) {
  const predict = PREDICTORS[name];
  Deno.test({
    name: `FaceFinder.find() takes a known box as a start, not as the truth: ${name}`,
    ignore: predict === undefined,
    async fn() {
      const finder = new FaceFinder(predict);
      const image = drawFaces(520, 320, [KNOWN]);
      const search = { image, detector: "box", all: false } as const;
      for (const hint of boxes) {
        const [[face]] = await finder.find([{ ...search, hint }]) as [PlacedFace[]];
        assertOnFace(face, KNOWN, JSON.stringify(hint));
      }
      const [without, found] = await finder.find([
        { ...search, hint: null },
        { ...search, hint: null, detector: "auto" },
      ]);
      assertOnFace(without![0], KNOWN, "without a box");
      assert.deepEqual(without, found);
    },
  });
}

Deno.test("FaceFinder.find() leaves nothing in tfjs's memory, seed 4", async () => {
  // The last one is looked at by both detectors.
  const searches = drawnSearches(10, new Random(4)).slice(6);
  const find = async () => {
    await NET.find(searches);
    return [tf.memory().numTensors, tfjsHeap().memory.buffer.byteLength];
  };
  const before = await find();
  assert.deepEqual(await find(), before);
});

Deno.test("FaceFinder.find() asks the predictor at exactly the known box", async () => {
  const image = drawFaces(320, 240, [[200, 70, 20]]);
  const asked: TreeCascadeJob[] = [];
  const drawn = PREDICTORS["a predictor"]!;
  const finder = new FaceFinder((job) => {
    asked.push(job);
    return drawn(job);
  });
  const hint = { x: 103, y: 63, width: 131, height: 133 };
  const [[face]] = await finder.find([{ image, detector: "box", hint, all: false }]) as [
    PlacedFace[],
  ];
  assert.deepEqual(face!.box, hint);
  assert.deepEqual(asked.map(({ windows }) => windows.length), [3], "one question");
  // From the centre of its first pixel to that of its last; the margin takes in the whole picture.
  const [{ pixels, windows, boxes }] = asked as [TreeCascadeJob];
  assert.deepEqual([...windows], [0, 320, 240]);
  assert.deepEqual([...boxes], [103, 63, 130, 0, 0, 132]);
  const [r, g, b] = image.data.subarray(3 * (320 * 100 + 90));
  assert.equal(pixels[320 * 100 + 90], Math.floor((r! + g! + b!) / 3));
  // dlib's points are pixel centres; ours lie half a pixel further, in the same pixel.
  const [x, y] = DRAWN.initial;
  assert(Math.abs(face!.points[0]! - (103.5 + 130 * x!)) < 0.2);
  assert(Math.abs(face!.points[1]! - (63.5 + 132 * y!)) < 0.2);
});

const IBUG = await realData("ibug68");
const CELEBA = await realData("celeba-small", "img_align_celeba");

Deno.test({
  name: "FaceFinder.find() finds the same in any company of real images",
  ignore: IBUG === null || CELEBA === null,
  async fn() {
    const paths = [...await imagesIn(IBUG!, 12, 8), ...await imagesIn(CELEBA!, 100, 24)];
    const images = await Promise.all(paths.map(readImage));
    const predict = PREDICTORS["dlib's predictor"] ?? PREDICTORS["a predictor"]!;
    for (const finder of [NET, new FaceFinder(predict)]) {
      const faces = await assertAlike(finder, images.map((image) => ({ ...SEARCH, image })));
      assert(faces >= 31, `${faces} faces in 32 images`);
    }
  },
});
