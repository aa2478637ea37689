/** Average precision of faces that count several times or not at all. */

import { LANES } from "./packed_sums.ts";
import { descending } from "./ranking.ts";

/** The scores of one attribute, sorted once. */
export class WeightedPrecision {
  /** Faces from the highest score down. */
  readonly #order: Uint32Array;
  /** POSITIVE of each, and CLOSES where a threshold follows at which the recall may have grown. */
  readonly #flags: Uint8Array;

  /**
   * scores    f32 [N]
   * positive  N flags
   */
  constructor(scores: Float32Array, positive: readonly boolean[]) {
    this.#order = descending(scores);
    this.#flags = new Uint8Array(scores.length);
    let grown = false;
    this.#order.forEach((face, rank) => {
      if (positive[face]) this.#flags[rank] = POSITIVE;
      grown ||= positive[face]!;
      const isLastOfTie = scores[this.#order[rank + 1] ?? -1] !== scores[face];
      if (!isLastOfTie || !grown) return;
      this.#flags[rank]! |= CLOSES;
      grown = false;
    });
  }

  /**
   * The average precision under {@linkcode LANES} sets of weights, as `averagePrecision` has it for
   * weights of 1; NaN where no positive has a weight.
   *
   * weights  f64 [N, LANES]
   * out      f64 [LANES]
   */
  measure(weights: Float64Array, out: Float64Array): void {
    const order = this.#order;
    const flags = this.#flags;
    // Four of each in variables of their own: arrays would cost a load and a store each time.
    let [seen0, seen1, seen2, seen3] = [0, 0, 0, 0];
    let [found0, found1, found2, found3] = [0, 0, 0, 0];
    let [counted0, counted1, counted2, counted3] = [0, 0, 0, 0];
    let [area0, area1, area2, area3] = [0, 0, 0, 0];
    for (let rank = 0; rank < order.length; rank++) {
      const at = order[rank]! * LANES;
      const flag = flags[rank]!;
      const w0 = weights[at]!;
      const w1 = weights[at + 1]!;
      const w2 = weights[at + 2]!;
      const w3 = weights[at + 3]!;
      seen0 += w0;
      seen1 += w1;
      seen2 += w2;
      seen3 += w3;
      if (flag === 0) continue;
      if (flag & POSITIVE) {
        found0 += w0;
        found1 += w1;
        found2 += w2;
        found3 += w3;
      }
      if (flag & CLOSES) {
        // Before anything has been seen nothing has been found either; the 1 then keeps 0/0 away.
        area0 += (found0 - counted0) * found0 / (seen0 || 1);
        area1 += (found1 - counted1) * found1 / (seen1 || 1);
        area2 += (found2 - counted2) * found2 / (seen2 || 1);
        area3 += (found3 - counted3) * found3 / (seen3 || 1);
        counted0 = found0;
        counted1 = found1;
        counted2 = found2;
        counted3 = found3;
      }
    }
    out[0] = area0 / found0;
    out[1] = area1 / found1;
    out[2] = area2 / found2;
    out[3] = area3 / found3;
  }
}

const POSITIVE = 1;
const CLOSES = 2;
