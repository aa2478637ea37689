/** The thread behind `FaceCutter`: photographs in, faces out. */

import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { roundHundredth } from "../../face/record_json.ts";
import { decodePixels, readPictureFile, type RgbImage } from "../../image/image.ts";
import { cutAlignedFace } from "../../landmarks/aligned_face.ts";
import { FaceFinder } from "../../landmarks/face_finder.ts";
import {
  findPredictorFile,
  openPredictor,
  readPredictor,
} from "../../landmarks/placing/predictor.ts";
import { answerTasks } from "../../streams/answer_tasks.ts";
import type { CutAnswer, CutRequest } from "./cut_faces.ts";

let finder: Promise<FaceFinder> | null = null;
/** One photograph after the other: each may fill much memory. */
let last: Promise<unknown> = Promise.resolve();

answerTasks<CutRequest, CutAnswer>((request) => {
  const answer = last.then(() => cut(request));
  last = answer.catch(() => {});
  return answer;
});

async function cut({ photo, part }: CutRequest): Promise<CutAnswer> {
  const image = await read(photo);
  if (typeof image === "string") return { fault: `This picture cannot be used: ${image}.` };
  if (part === "whole") return { faces: [image] };
  finder ??= openFinder();
  const search = { image, detector: "auto", hint: null, all: part === "faces" } as const;
  const [faces = []] = await (await finder).find([search]);
  if (faces.length === 0) return { fault: "No face was found in this picture." };
  return { faces: faces.map(({ points }) => cutAlignedFace(image, points.map(roundHundredth))) };
}

/** The picture, or why there is none. */
async function read(photo: CutRequest["photo"]): Promise<RgbImage | string> {
  try {
    return await decodePixels(typeof photo === "string" ? await readPictureFile(photo) : photo);
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

/** What `predict --align` finds faces with. */
async function openFinder(): Promise<FaceFinder> {
  await useWasm();
  const path = await findPredictorFile();
  const predictor = path === null ? null : await readPredictor(path);
  return new FaceFinder(openPredictor({ predictor, gpu: null }));
}
