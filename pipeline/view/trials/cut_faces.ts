/** Faces found in photographs and cut out, on a thread that starts with the first one. */

import type { RgbImage } from "../../image/image.ts";
import { OnDemand } from "../../streams/on_demand.ts";
import { WorkerThread } from "../../streams/worker_thread.ts";

/** A photograph, and what is wanted of it. */
export interface CutRequest {
  /** A picture file's contents, or its path. */
  readonly photo: Uint8Array<ArrayBuffer> | string;
  /**
   * Its face, or all of them, as CelebA's aligned images show them and `predict --align` cuts them out; or
   * the whole picture.
   */
  readonly part: "face" | "faces" | "whole";
}

/** Pictures, or a sentence for the user that says why there are none. */
export type CutAnswer = { readonly faces: readonly RgbImage[] } | { readonly fault: string };

const PROGRAM = new URL("./cut_worker.ts", import.meta.url);

/** Cuts out faces; dispose it to end the thread. */
export class FaceCutter implements AsyncDisposable {
  readonly #thread = new OnDemand(() => new WorkerThread<CutRequest, CutAnswer>(PROGRAM));

  /**
   * The faces of a photograph, the one that matters most first; at least one.
   *
   * @throws {Error} If it is no picture, or shows no face; in a sentence for the user.
   */
  async cut(request: CutRequest): Promise<readonly RgbImage[]> {
    const answer = await this.#thread.use((thread) => thread.ask(request));
    if ("fault" in answer) throw new Error(answer.fault);
    return answer.faces;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]();
  }
}
