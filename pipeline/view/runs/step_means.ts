/** What all steps of a run measured, however many, as a curve of bounded length. */

import type { StepEntry } from "../../report/training_log.ts";
import type { StepCurve } from "../wire.ts";

/** Most points of the curve: more than a figure has pixels across. */
const MOST = 2048;

const MEASURES = ["attributeLoss", "maskLoss", "learningRate"] as const;

/** Steps that lie together. */
interface Stretch {
  /** The first of them. */
  readonly step: number;
  /** Sum and number of each measure's values, in the order of `MEASURES`. */
  readonly sums: readonly (readonly [sum: number, count: number])[];
}

/** Means over stretches of as many steps each, twice as many where the stretches become too many. */
export class StepMeans {
  #stride = 1;
  #stretches: Stretch[] = [];
  /** The first step of each epoch. */
  readonly #begun = new Map<number, number>();
  #count = 0;

  /** Steps that are done. */
  get count(): number {
    return this.#count;
  }

  /** The first step of an epoch; undefined before that is done. */
  beginOf(epoch: number): number | undefined {
    return this.#begun.get(epoch);
  }

  /** Takes the next step; one that comes again replaces all from there on. */
  add({ step, epoch, ...values }: StepEntry): void {
    if (step < this.#count) this.#dropFrom(step);
    this.#count = step + 1;
    if (!this.#begun.has(epoch)) this.#begun.set(epoch, step);
    this.#append({
      step,
      sums: MEASURES.map((name) => values[name] === null ? [0, 0] : [values[name], 1]),
    });
    if (this.#stretches.length <= MOST) return;
    this.#stride *= 2;
    for (const stretch of this.#stretches.splice(0)) this.#append(stretch);
  }

  /**
   * The curve so far.
   *
   * @param perEpoch Steps of an epoch that has not ended.
   */
  curve(perEpoch: number): StepCurve {
    const [attributeLoss, maskLoss, learningRate] = MEASURES.map((_, i) =>
      this.#stretches.map(({ sums }) => meanOf(sums[i]!))
    ) as [Curve, Curve, Curve];
    const stride = this.#stride;
    const steps = this.#stretches.map(({ step }) => step + (stride - 1) / 2);
    const epochs = this.#placesOf(steps, perEpoch);
    return { stride, steps, epochs, attributeLoss, maskLoss, learningRate };
  }

  /** Where steps lie in the training, in epochs; they rise. */
  #placesOf(steps: readonly number[], perEpoch: number): number[] {
    const begun = [...this.#begun];
    let at = 0;
    return steps.map((step) => {
      while (at + 1 < begun.length && begun[at + 1]![1] <= step) at++;
      const [epoch, first] = begun[at]!;
      const length = (begun[at + 1]?.[1] ?? first + perEpoch) - first;
      return Number((epoch + (step - first) / length).toFixed(7));
    });
  }

  #append(stretch: Stretch): void {
    const last = this.#stretches.at(-1);
    if (last && this.#placeOf(last.step) === this.#placeOf(stretch.step)) {
      const sums = last.sums.map(([sum, count], i) => {
        const [more, others] = stretch.sums[i]!;
        return [sum + more, count + others] as const;
      });
      this.#stretches[this.#stretches.length - 1] = { step: last.step, sums };
    } else {
      this.#stretches.push(stretch);
    }
  }

  #dropFrom(step: number): void {
    this.#stretches = this.#stretches.filter((old) =>
      this.#placeOf(old.step) < this.#placeOf(step)
    );
    for (const [epoch, first] of this.#begun) if (first >= step) this.#begun.delete(epoch);
  }

  #placeOf(step: number): number {
    return Math.floor(step / this.#stride);
  }
}

type Curve = (number | null)[];

/** In more digits than a figure shows; null of nothing. */
function meanOf([sum, count]: readonly [sum: number, count: number]): number | null {
  return count === 0 ? null : Number((sum / count).toPrecision(6));
}
