/**
 * PyTorch's ways to take training steps: one process for all sizes and precisions, since loading it takes
 * seconds, and since what one precision has freed is there for the next.
 */

import { findPython, peerArguments } from "../../contexts/python_peer.ts";
import { MeasuredPeer } from "./measured_peer.ts";
import { type Bench, messageOf } from "./parts/part.ts";
import type { SteppingWay, StepResult } from "./results.ts";
import type { Size } from "./sizes.ts";

/** Steps before the first that counts: cuDNN tries its algorithms in the first ones. */
const WARM_STEPS = 5;

/** Most seconds for loading and the network, for the first steps of a precision, and for a round. */
const LIMITS = { ready: 60, warm: 25, round: 20 } as const;

/** What PyTorch answers to a size. */
interface Ready {
  readonly name: string;
  readonly modes: readonly string[];
}

/** PyTorch in a Python that has it. Dispose it to end the process. */
export class TorchWays implements AsyncDisposable {
  readonly #bench: Bench;
  readonly #python: string;
  #peer: MeasuredPeer | null = null;

  private constructor(bench: Bench, python: string) {
    this.#bench = bench;
    this.#python = python;
  }

  /** Looks for a Python with PyTorch; null where there is none, which a line then says. */
  static async find(bench: Bench): Promise<TorchWays | null> {
    const python = await findPython("torch");
    if (python !== null) return new TorchWays(bench, python);
    bench.fail("PyTorch is left out: no python3 here has torch");
    return null;
  }

  /** All precisions of one size, warmed up; those before are over. Says which it cannot have. */
  async waysTo({ name, network, batch }: Size): Promise<SteppingWay[]> {
    const job = { ...network.input, widths: network.widths, batch };
    const peer = this.#open();
    const ready = await peer.ask<Ready>(job, LIMITS.ready);
    const { results, print } = this.#bench;
    if (results.pytorch === undefined) print(results.pytorch = ready.name);
    const ways: SteppingWay[] = [];
    for (const mode of ready.modes) {
      try {
        await peer.ask({ mode, warm: WARM_STEPS }, LIMITS.warm);
        ways.push(wayOf(mode, peer));
      } catch (error) {
        this.#bench.fail(`${name} on PyTorch ${mode}: ${messageOf(error)}`);
        if (peer.isOver) break;
      }
    }
    return ways;
  }

  /** The process; a new one if there is none or the last one was ended. */
  #open(): MeasuredPeer {
    const args = peerArguments("step_rates_torch.py");
    if (this.#peer?.isOver !== false) {
      this.#peer = new MeasuredPeer(this.#python, args, this.#bench.signal);
    }
    return this.#peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer?.[Symbol.asyncDispose]();
  }
}

/** What is not measured of PyTorch's steps. */
const UNKNOWN: Omit<StepResult, "name" | "way" | "imagesPerSecond"> = {
  kernels: null,
  hostMs: null,
  deviceMs: null,
  tuneSeconds: null,
  firstStepSeconds: null,
  calls: null,
};

/** One precision; the process is borrowed. */
function wayOf(mode: string, peer: MeasuredPeer): SteppingWay {
  return {
    way: `PyTorch ${mode}`,
    async rate(seconds) {
      const asked = { mode, seconds };
      const answer = await peer.ask<{ imagesPerSecond: number }>(asked, LIMITS.round);
      return answer.imagesPerSecond;
    },
    result: () => Promise.resolve(UNKNOWN),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
