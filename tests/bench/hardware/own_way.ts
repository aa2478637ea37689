/** Our own ways to take training steps, each in a process of its own. */

import { MeasuredPeer } from "./measured_peer.ts";
import type { Bench } from "./parts/part.ts";
import type { SteppingWay, StepResult } from "./results.ts";
import type { Size } from "./sizes.ts";
import type { StepJob, StepQuestion, StepReady } from "./step_contender.ts";

/** Ours. */
export const OWN_WAYS = ["webgpu", "webgpu f16", "wasm"] as const;

/** Most seconds to the second step, with what is measured before the first; and for each answer after it. */
const START_LIMIT = 45;
const ANSWER_LIMIT = 30;

/** One of our ways with one size. */
export class OwnWay implements SteppingWay {
  readonly way: StepJob["way"];
  readonly #peer: MeasuredPeer;
  readonly #ready: StepReady;

  private constructor(way: StepJob["way"], peer: MeasuredPeer, ready: StepReady) {
    this.way = way;
    this.#peer = peer;
    this.#ready = ready;
  }

  /**
   * Takes the first two steps.
   *
   * @throws {Error} If that fails or takes too long.
   */
  static async start({ cache, signal }: Bench, size: Size, way: StepJob["way"]): Promise<OwnWay> {
    const peer = MeasuredPeer.ofScript("step_contender.ts", signal);
    try {
      const job: StepJob = { size: size.name, way, cache };
      return new OwnWay(way, peer, await peer.ask<StepReady>(job, START_LIMIT));
    } catch (error) {
      await peer[Symbol.asyncDispose]();
      throw error;
    }
  }

  async rate(seconds: number): Promise<number> {
    const asked: StepQuestion = { measure: "rate", seconds };
    const { imagesPerSecond } = await this.#peer.ask<{ imagesPerSecond: number }>(
      asked,
      ANSWER_LIMIT,
    );
    return imagesPerSecond;
  }

  async result(): Promise<Omit<StepResult, "name" | "way" | "imagesPerSecond">> {
    if (this.way === "wasm") return { ...this.#ready, deviceMs: null, hostMs: null, calls: null };
    const ask = <T>(measure: "device" | "host") => this.#peer.ask<T>({ measure }, ANSWER_LIMIT);
    const device = await ask<Pick<StepResult, "deviceMs">>("device");
    const host = await ask<Pick<StepResult, "hostMs" | "calls">>("host");
    return { ...this.#ready, ...device, ...host };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]();
  }
}
