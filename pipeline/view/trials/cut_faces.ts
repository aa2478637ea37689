/** Faces found in photographs and cut out, on a thread that starts with the first one. */

import type { RgbImage } from "../../image/image.ts";
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

/** Cuts out faces; dispose it to end the thread. */
export class FaceCutter implements Disposable {
  #thread: WorkerThread<CutRequest, CutAnswer> | null = null;

  /**
   * The faces of a photograph, the one that matters most first; at least one.
   *
   * @throws {Error} If it is no picture, or shows no face; in a sentence for the user.
   */
  async cut(request: CutRequest): Promise<readonly RgbImage[]> {
    const thread = this.#thread ??= new WorkerThread(new URL("./cut_worker.ts", import.meta.url));
    let answer: CutAnswer;
    try {
      answer = await thread.ask(request);
    } catch (error) {
      // The next request gets another one.
      if (this.#thread === thread) this[Symbol.dispose]();
      throw error;
    }
    if ("fault" in answer) throw new Error(answer.fault);
    return answer.faces;
  }

  [Symbol.dispose](): void {
    this.#thread?.[Symbol.dispose]();
    this.#thread = null;
  }
}
