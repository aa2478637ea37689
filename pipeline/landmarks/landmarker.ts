/**
 * What the landmarks stage asks of whoever finds faces, and the worker threads that do.
 *
 * @module
 */

import type { Box } from "../record.ts";
import type { DetectorName } from "./detectors.ts";
import type { PlacedFace } from "./face_finder.ts";

/** An image in which the face is to be found. */
export interface FaceRequest {
  /** The image file. */
  readonly path: string;
  /** How to look. */
  readonly detector: DetectorName;
  /** Where the data set says the wanted face is, in pixels of the image, or null. */
  readonly box: Box | null;
}

/** The face of an image. */
export interface FoundFace extends PlacedFace {
  /** Width and height of the image. */
  readonly size: readonly [width: number, height: number];
}

/** An image without a face to go on with. */
export interface NoFace {
  /** Width and height of the image, or null if it is none. */
  readonly size: readonly [width: number, height: number] | null;
  /** Why there is no face, in a few words. */
  readonly rejected: string;
}

/** What comes back for an image. */
export type FaceAnswer = FoundFace | NoFace;

/** Finds the face of one image at a time. */
export interface Landmarker extends Disposable {
  /** Settles once it is able to work. If it rejects, no other landmarker would fare better. */
  readonly ready: Promise<void>;
  /** The answer for an image. If it rejects, this landmarker is not to be used any more. */
  find(request: FaceRequest): Promise<FaceAnswer>;
}

/** What a worker thread says: that it is ready, an answer, or that it broke down. */
export type WorkerMessage = { readonly ready: true } | FaceAnswer | { readonly broken: string };

/** A landmarker on a thread of its own, which decodes, detects and places points. */
export class WorkerLandmarker implements Landmarker {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  /** Who waits for the next message. */
  #waiting: PromiseWithResolvers<WorkerMessage> | null = null;

  /** Starts the thread. It inherits this process's permissions and needs only to read images. */
  constructor() {
    this.#worker = new Worker(new URL("./face_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if ("broken" in data) this.#fail(data.broken);
      else this.#take()?.resolve(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message);
    };
    this.ready = this.#start();
  }

  async find(request: FaceRequest): Promise<FaceAnswer> {
    await this.ready;
    const answer = this.#next();
    this.#worker.postMessage(request);
    return await answer as FaceAnswer;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
    this.#fail("it was stopped");
  }

  async #start(): Promise<void> {
    try {
      await this.#next();
    } catch (cause) {
      throw new Error(`The landmark worker does not start: ${(cause as Error).message}`, { cause });
    }
  }

  #next(): Promise<WorkerMessage> {
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  #take(): PromiseWithResolvers<WorkerMessage> | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting;
  }

  #fail(reason: string): void {
    this.#take()?.reject(new Error(reason));
  }
}
