/** What the landmarks stage asks of whoever finds faces, and the worker threads that do. */

import type { TreeCascade } from "../../kernels/tree_cascade_job.ts";
import { type PoolWorker, WorkerLost } from "../streams/worker_pool.ts";
import { WorkerThread } from "../streams/worker_thread.ts";
import type { Box } from "../face/record.ts";
import type { DetectorName } from "./detection/detector_names.ts";
import type { PlacedFace } from "./face_finder.ts";

/** An image in which the face is to be found. */
export interface FaceRequest {
  /** The image file. */
  readonly path: string;
  /** How to look. */
  readonly detector: DetectorName;
  /** Where the data set says the wanted face is, in pixels of the image, or null. */
  readonly box: Box | null;
  /** Whether all faces are wanted. */
  readonly all: boolean;
  /** Whether a damaged image is used as far as it goes. */
  readonly useDamaged?: boolean | undefined;
  /** Whether every face is taken to be upright. */
  readonly uprightOnly: boolean;
}

/** The faces of an image: the one that matters most, then the others if they are wanted. */
export interface FoundFaces {
  /** Width and height of the image. */
  readonly size: readonly [width: number, height: number];
  /** One face at least. */
  readonly faces: readonly PlacedFace[];
  /** What is wrong with the image file, if it is damaged. */
  readonly damage?: string | undefined;
}

/** An image without a face to go on with. */
export interface NoFace {
  /** Width and height of the image, or null if it is none. */
  readonly size: readonly [width: number, height: number] | null;
  /** Why there is no face, in a few words. */
  readonly rejected: string;
}

/** What comes back for an image. */
export type FaceAnswer = FoundFaces | NoFace;

/** Finds the faces of some images at a time. */
export type Landmarker = PoolWorker<FaceRequest, FaceAnswer>;

/** What a landmarker places points with. */
interface PlacingTools {
  /** dlib's predictor; null leaves the points to face-api's network. */
  readonly predictor: TreeCascade | null;
  /** Whether the predictor runs on the GPU: on any adapter, on hardware only, or not at all. */
  readonly gpu: "any" | "hardware" | "none";
}

/** The same once it is known what adapter there is. */
interface ChosenTools extends PlacingTools {
  readonly gpu: "any" | "none";
}

/** What a worker thread is told: what it works with, then what to look for, at last to let go of it. */
export type WorkerTask =
  | { readonly tools: ChosenTools }
  | readonly FaceRequest[]
  | { readonly end: true };

/** Milliseconds that a thread is given to let go of the GPU; decoding a huge image may take as long. */
const LETTING_GO = 3000;

/** A landmarker on a thread of its own, which decodes, detects and places points. */
export class WorkerLandmarker implements Landmarker {
  readonly ready: Promise<void>;
  readonly #thread = new WorkerThread<WorkerTask, readonly FaceAnswer[]>(
    new URL("./face_worker.ts", import.meta.url),
    ({ name, message }) => name === "DeviceLost" ? new WorkerLost(message) : new Error(message),
  );
  #hasGpu = false;

  /** Starts the thread, which needs only to read images. */
  constructor(tools: PlacingTools) {
    this.ready = this.#start(tools);
    this.ready.catch(() => {}); // Whoever waits for it hears of it.
  }

  async answer(requests: readonly FaceRequest[]): Promise<readonly FaceAnswer[]> {
    await this.ready;
    return await this.#thread.ask(requests);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasGpu) await this.#letGo();
    this.#thread[Symbol.dispose]();
  }

  /**
   * Has the thread close its device. Of processes whose threads ended with an open one (Mesa's software
   * adapter, Deno 2.9.6) one in twenty crashed at its own end; with a closed one it is one in fifty.
   */
  async #letGo(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, LETTING_GO);
    // A thread that has broken down says nothing more.
    await Promise.race([this.#thread.ask({ end: true }).catch(() => {}), late.promise]);
    clearTimeout(timer);
  }

  async #start(tools: PlacingTools): Promise<void> {
    try {
      const gpu = await gpuFor(tools);
      this.#hasGpu = gpu !== "none";
      await this.#thread.ask({ tools: { ...tools, gpu } });
    } catch (cause) {
      throw new Error(`The landmark worker does not start: ${(cause as Error).message}`, { cause });
    }
  }
}

/**
 * Whether the worker opens the GPU. It is not left to find out: of processes whose workers only looked at
 * a software adapter (Mesa's, under Deno 2.9.6), one in six crashed when it ended.
 */
async function gpuFor({ predictor, gpu }: PlacingTools): Promise<ChosenTools["gpu"]> {
  if (predictor === null) return "none";
  if (gpu !== "hardware") return gpu;
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  return adapter && !adapter.info.isFallbackAdapter ? "any" : "none";
}
