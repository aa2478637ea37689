/** The thread behind a `WorkerLandmarker`: image files in, faces out. */

import { devicesIdle } from "../../kernels/webgpu/device_work.ts";
import { Gpu } from "../../kernels/webgpu/gpu.ts";
import { useWasm } from "../../kernels/tfjs/wasm/backend.ts";
import { decodePixels, openPictureFileSync, type RgbImage } from "../image/image.ts";
import { FaceFinder, type FaceSearch, type PlacedFace } from "./face_finder.ts";
import type { FaceAnswer, FaceRequest, NoFace, WorkerTask } from "./landmarker.ts";
import { answerTasks } from "../streams/answer_tasks.ts";
import { openPredictor } from "./placing/predictor.ts";

/** Pixels that are held at once, so that a folder of huge photographs does not fill the memory. */
const MOST_PIXELS = 16e6;

let finder: FaceFinder | null = null;
let gpu: Gpu | null = null;

// A network that failed may be left in any state: what throws ends this thread.
answerTasks(perform);

async function perform(task: WorkerTask): Promise<readonly FaceAnswer[]> {
  if ("tools" in task) {
    const { predictor, gpu: wanted } = task.tools;
    await useWasm();
    gpu = wanted === "any" && predictor !== null ? await Gpu.open() : null;
    finder = new FaceFinder(openPredictor({ predictor, gpu }));
    return [];
  }
  if ("end" in task) {
    gpu?.[Symbol.dispose]();
    await devicesIdle();
    return [];
  }
  const answers: FaceAnswer[] = [];
  while (answers.length < task.length) {
    answers.push(...await answerSome(task.slice(answers.length)));
  }
  return answers;
}

/** Answers as many requests as can be held at once, one at least. */
async function answerSome(requests: readonly FaceRequest[]): Promise<FaceAnswer[]> {
  const pictures: (RgbImage | NoFace)[] = [];
  const searches: FaceSearch[] = [];
  for (let pixels = 0; pictures.length < requests.length && pixels < MOST_PIXELS;) {
    const { path, detector, box, all, uprightOnly, useDamaged } = requests[pictures.length]!;
    const image = await readPixels(path, useDamaged);
    pictures.push(image);
    if ("rejected" in image) continue;
    pixels += image.width * image.height;
    searches.push({ image, detector, hint: box, all, uprightOnly });
  }
  const found = await finder!.find(searches);
  let next = 0;
  return pictures.map((picture) =>
    "rejected" in picture ? picture : answerOf(picture, found[next++]!)
  );
}

function answerOf(
  { width, height, damage }: RgbImage,
  faces: readonly PlacedFace[],
): FaceAnswer {
  const size = [width, height] as const;
  if (faces.length > 0) return { size, faces, damage };
  const rejected = damage === undefined
    ? "no face found"
    : `no face found in what is left: ${damage}`;
  return { size, rejected };
}

async function readPixels(
  path: string,
  useDamaged: boolean | undefined,
): Promise<RgbImage | NoFace> {
  let bytes: Uint8Array;
  try {
    bytes = openPictureFileSync(path).bytes;
  } catch (error) {
    return { size: null, rejected: `cannot read: ${readingFault(error)}` };
  }
  try {
    return await decodePixels(bytes, { useDamaged });
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return { size: null, rejected: `not an image: ${error.message}` };
  }
}

function readingFault(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return error instanceof Error ? error.message : String(error);
}
