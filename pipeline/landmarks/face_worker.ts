/**
 * The thread behind a `WorkerLandmarker`: image file in, face out.
 *
 * @module
 */

import { useWasm } from "../../kernels/tfjs_wasm.ts";
import { decodePixels, type RgbImage } from "../image.ts";
import { FaceFinder } from "./face_finder.ts";
import type { FaceAnswer, FaceRequest, WorkerMessage } from "./landmarker.ts";

/** The part of a worker's global scope that is used here; the compiler's libraries lack it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<FaceRequest>) => void) | null;
  postMessage(message: WorkerMessage): void;
}

const scope = self as unknown as WorkerScope;

await useWasm();
const finder = new FaceFinder();

scope.onmessage = ({ data }) => {
  try {
    scope.postMessage(answer(data));
  } catch (error) {
    // A network that failed may be left in any state: this thread is not to be used again.
    scope.postMessage({ broken: error instanceof Error ? error.message : String(error) });
  }
};
scope.postMessage({ ready: true });

function answer(request: FaceRequest): FaceAnswer {
  const image = readPixels(request.path);
  if ("rejected" in image) return image;
  const size = [image.width, image.height] as const;
  const face = finder.find(image, request.detector, request.box);
  return face === null ? { size, rejected: "no face found" } : { size, ...face };
}

function readPixels(path: string): RgbImage | { size: null; rejected: string } {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    return { size: null, rejected: `cannot read: ${readingFault(error)}` };
  }
  try {
    return decodePixels(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return { size: null, rejected: `not an image: ${error.message}` };
  }
}

function readingFault(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return error instanceof Error ? error.message : String(error);
}
