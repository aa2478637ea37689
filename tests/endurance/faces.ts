/**
 * `deno task endure faces -- --images DIR`: whether faces are found in photographs that were
 * halved, blurred, darkened, mirrored or turned.
 *
 * ```text
 * --images DIR           a folder of photographs of people (the test data: see `../contexts/real_data.ts`)
 * --step N               every N-th photograph (1)
 * --predictor face-api   the network alone, where dlib's predictor is there too
 * ```
 *
 * It fails if one way of looking, for one face or for all, finds a face where the other finds none, or if
 * a turned photograph has an answer that the same one upright has not.
 */

import "../../pipeline/cli/environment.ts";
import { parseArgs } from "node:util";
import { useWasm } from "../../kernels/tfjs/wasm/backend.ts";
import { imagesIn } from "../../pipeline/dataset.ts";
import { readImage, resizeImage, type RgbImage } from "../../pipeline/image/image.ts";
import { turnImage } from "../../pipeline/image/orientation.ts";
import { findPredictorFile, readPredictor } from "../../pipeline/landmarks.ts";
import { FaceFinder, type PlacedFace } from "../../pipeline/landmarks/face_finder.ts";
import { pointDistance } from "../../pipeline/landmarks/face_square.ts";
import { openPredictor } from "../../pipeline/landmarks/placing/predictor.ts";
import {
  turnBack,
  turnPicture,
  turnPoints,
} from "../../pipeline/landmarks/orientation/turned_picture.ts";
import { print } from "../bench/measuring.ts";
import { realData } from "../contexts/real_data.ts";

const SEARCH = { detector: "auto", hint: null, all: false } as const;

/** Points nearer than this (as NME) are the same answer; wrong ones are farther than 0.3. */
const SAME_ANSWER = 0.15;

/** Mirrored: EXIF's orientation 2. */
const MIRRORED = 2;

/** What may have happened to a photograph. */
export const CHANGES: Readonly<Record<string, (image: RgbImage) => RgbImage>> = {
  "as it is": (image) => image,
  halved: (image) => scaled(image, 1 / 2),
  // Four pixels become one, and the one becomes four again.
  blurred: (image) => {
    const { width, height } = image;
    return resizeImage(scaled(image, 1 / 4), width, height);
  },
  darkened: (image) => ({ ...image, data: image.data.map((value) => value * 0.3) }),
  mirrored: (image) => turnImage(image, MIRRORED),
};

function scaled(image: RgbImage, share: number): RgbImage {
  const side = (length: number) => Math.max(1, Math.round(length * share));
  return resizeImage(image, side(image.width), side(image.height));
}

/** Looks for one face and for all, and says what is wrong if they differ; else how many there are. */
export async function oneAndAll(finder: FaceFinder, image: RgbImage): Promise<number | string> {
  const [one, all] = await finder.find([
    { ...SEARCH, image },
    { ...SEARCH, image, all: true },
  ]) as [PlacedFace[], PlacedFace[]];
  const isSame = JSON.stringify(one) === JSON.stringify(all.slice(0, 1));
  return isSame ? all.length : `one finds ${one.length}, all finds ${all.length}, or another first`;
}

/** What became of a photograph that was turned. */
type TurnOutcome = "right" | "none" | "wrong";

/** Turns a photograph by quarters, and holds what is found against what is found in it upright. */
async function turnedOutcomes(finder: FaceFinder, image: RgbImage): Promise<TurnOutcome[]> {
  const [upright] = await finder.find([{ ...SEARCH, image, all: true }]) as [PlacedFace[]];
  const outcomes: TurnOutcome[] = [];
  for (const turn of [90, 180, 270] as const) {
    const turned = turnPicture(image, turn);
    const [[face]] = await finder.find([{ ...SEARCH, image: turned }]) as [PlacedFace[]];
    if (face === undefined) {
      outcomes.push("none");
      continue;
    }
    const points = turnPoints(face.points, turned, turnBack(turn));
    const isThere = upright.some((other) => pointDistance(other.points, points) < SAME_ANSWER);
    outcomes.push(face.turn === turnBack(turn) && isThere ? "right" : "wrong");
  }
  return outcomes;
}

async function main(args: readonly string[]): Promise<number> {
  const { images, step, predictor } = parseArgs({
    args: [...args],
    options: {
      images: { type: "string" },
      step: { type: "string", default: "1" },
      predictor: { type: "string", default: "auto" },
    },
  }).values;
  const folder = images ?? await realData("ibug68");
  if (folder === null) return 0;
  await useWasm();
  const file = predictor === "face-api" ? null : await findPredictorFile();
  const cascade = file === null ? null : await readPredictor(file);
  const finder = new FaceFinder(openPredictor({ predictor: cascade, gpu: null }));
  const records = (await Array.fromAsync(imagesIn(folder))).filter((_, i) =>
    i % Number(step) === 0
  );
  const turned = { right: 0, none: 0, wrong: 0 };
  let faults = 0;
  const fault = (text: string) => {
    faults++;
    print(text);
  };
  for (const { image: name, path } of records) {
    const photograph = await readImage(path);
    for (const [change, make] of Object.entries(CHANGES)) {
      const found = await oneAndAll(finder, make(photograph));
      if (typeof found === "string") fault(`${name}, ${change}: ${found}`);
      else if (found === 0) print(`${name}, ${change}: no face by either`);
    }
    for (const [i, outcome] of (await turnedOutcomes(finder, photograph)).entries()) {
      turned[outcome]++;
      if (outcome === "wrong") fault(`${name}, turned by ${90 * (i + 1)}: a wrong answer`);
    }
  }
  print(
    `${records.length} photographs; turned: ${JSON.stringify(turned)}; ${faults} at fault`,
  );
  return faults > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
