/** Pictures shown to the networks of runs, on a thread that starts with the first one. */

import type { Attribute } from "../../face/attributes.ts";
import type { InputSize } from "../../face/faces.ts";
import type { RgbImage } from "../../image/image.ts";
import { OnDemand } from "../../streams/on_demand.ts";
import { WorkerThread } from "../../streams/worker_thread.ts";

/** Which network looks. */
export interface NetworkPlace {
  /** Folder of the run. */
  readonly run: string;
  /** Counted from 0: the network as it was after that epoch; null for `RUN/model`, the best epoch's. */
  readonly epoch: number | null;
}

/** Pictures and who is to look at them. */
export interface LookRequest extends NetworkPlace {
  /** Of any size: they are brought to the network's. */
  readonly pictures: readonly RgbImage[];
  /** Threads that compute, counted when the first request comes; by default one for each core. */
  readonly threads?: number | undefined;
}

/** What a network says of pictures. */
export interface Look {
  /** The attributes that it has learnt: for the others it answers by chance. */
  readonly learnt: readonly Attribute[];
  /** h and w of the maps. */
  readonly mask: InputSize;
  readonly faces: readonly LookedAt[];
}

/** What a network says of one picture. */
export interface LookedAt {
  /** f32 [40] */
  readonly probabilities: Float32Array<ArrayBuffer>;
  /** f32 [h, w, 40]: 0 nowhere, 1 certain; a network of squared errors may go somewhat beyond. */
  readonly maps: Float32Array<ArrayBuffer>;
}

/** A request, or why it could not be done: a fault of a run is none of the thread. */
export type LookAnswer = { readonly look: Look } | { readonly fault: string };

const PROGRAM = new URL("./network_worker.ts", import.meta.url);

/** Networks of runs; dispose it to end the thread. */
export class RunNetworks implements AsyncDisposable {
  readonly #threads: number | undefined;
  readonly #thread = new OnDemand(() => new WorkerThread<LookRequest, LookAnswer>(PROGRAM));

  /** @param threads Threads that compute, by default one for each core. */
  constructor(threads?: number) {
    this.#threads = threads;
  }

  /**
   * Shows pictures to a network as it is now: where its files have changed they are read again.
   *
   * @throws {Error} If the run has no such network, or it cannot be read; in a sentence for the user.
   */
  async look(place: NetworkPlace, pictures: readonly RgbImage[]): Promise<Look> {
    const { run, epoch } = place;
    const request = { run, epoch, pictures, threads: this.#threads };
    const answer = await this.#thread.use((thread) => thread.ask(request));
    if ("fault" in answer) throw new Error(answer.fault);
    return answer.look;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]();
  }
}
