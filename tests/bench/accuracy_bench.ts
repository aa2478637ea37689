/**
 * How exact landmarks are on photographs with true points: by both of our predictors, and by dlib itself
 * (its HOG detector, in the enlarged picture where it finds none, and its predictor).
 *
 * `--images DIR` with `--truth PATH` takes photographs with the points of 300-W, OpenFace, dlib or this
 * program, such as iBUG 300-W's own folder for both; without them the test data is taken (see
 * `../contexts/real_data.ts`). A photograph may show more people than have true points: all are looked for.
 */

import "../../pipeline/cli/environment.ts";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { readImage } from "../../pipeline/image/image.ts";
import { imagesIn as recordsIn } from "../../pipeline/dataset.ts";
import {
  findPredictorFile,
  type LandmarkRow,
  landmarks,
  readImports,
  readPredictor,
  scoreLandmarks,
  type TreeCascade,
} from "../../pipeline/landmarks.ts";
import type { FaceRecord } from "../../pipeline/face/record.ts";
import { dlibPoints, hasDlib } from "../contexts/dlib_context.ts";
import { realData } from "../contexts/real_data.ts";
import { imagesIn, trueFaces } from "../contexts/real_images.ts";
import { print } from "./measuring.ts";

/** Photographs and the faces in them. */
interface Photographs {
  readonly records: readonly FaceRecord[];
  readonly truth: readonly LandmarkRow[];
}

async function photographsOf(images: string, truth: string): Promise<Photographs> {
  return {
    records: await Array.fromAsync(recordsIn(images)),
    truth: await Array.fromAsync(readImports(truth)),
  };
}

async function testPhotographs(): Promise<Photographs | null> {
  const folder = await realData("ibug68");
  if (folder === null) return null;
  const names = new Set((await imagesIn(folder, 1)).map((path) => basename(path)));
  const records = await Array.fromAsync(recordsIn(folder));
  return {
    records: records.filter(({ image }) => names.has(image)),
    truth: await trueFaces(folder, names),
  };
}

/** The faces that our stage finds. */
async function ours(
  records: readonly FaceRecord[],
  predictor: TreeCascade | null,
): Promise<LandmarkRow[]> {
  const found = landmarks({ predictor, allFaces: true })(ReadableStream.from(records));
  return (await Array.fromAsync(found)).flatMap(({ image, points }) =>
    points ? [{ image, points }] : []
  );
}

/** The face that dlib finds in each photograph: the one that it is surest of. */
async function dlibs(records: readonly FaceRecord[]): Promise<LandmarkRow[]> {
  const pictures = await Promise.all(
    records.map(async ({ path }) => ({ image: await readImage(path), box: null })),
  );
  const faces = await dlibPoints(pictures, "upsampled");
  return faces.flatMap((face, i) =>
    face ? [{ image: records[i]!.image, points: Float32Array.from(face.points) }] : []
  );
}

async function main(args: string[]): Promise<void> {
  const options = { images: { type: "string" }, truth: { type: "string" } } as const;
  const { images, truth } = parseArgs({ args, options }).values;
  const photographs = images && truth
    ? await photographsOf(images, truth)
    : await testPhotographs();
  if (photographs === null) return print("SKIPPED: bench accuracy -- --images DIR --truth PATH");
  const { records } = photographs;
  const model = await findPredictorFile();
  const looked = new Set(records.map(({ image }) => image));
  print(`${records.length} photographs`.padEnd(36) + "missed     NME   above 0.08");
  const tell = async (name: string, rows: LandmarkRow[]) => {
    const score = await scoreLandmarks(rows, photographs.truth, { images: looked });
    const share = `${(100 * score.failureRate).toFixed(0)} %`;
    print(
      `${name.padEnd(36)}${String(score.missed).padStart(6)}${score.mean.toFixed(4).padStart(8)}${
        share.padStart(13)
      }`,
    );
  };
  if (model) {
    await tell("ours with dlib's predictor", await ours(records, await readPredictor(model)));
  }
  await tell("ours with face-api's network", await ours(records, null));
  if (hasDlib) await tell("dlib itself", await dlibs(records));
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit();
}
