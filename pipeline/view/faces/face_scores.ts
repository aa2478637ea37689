/** How wrong a run is about each face, by what `evaluate` has kept of it. */

import { attributeColumn, ATTRIBUTES, hasAttribute } from "../../face/attributes.ts";
import { quoted } from "../../files/quoted.ts";
import { stampOf } from "../../image/picture_file.ts";
import {
  isLearnt,
  type Predictions,
  predictionsPath,
  readPredictions,
} from "../../metrics/predictions.ts";
import type { FaceTable } from "./face_table.ts";

/** Orders that a run makes possible, besides one for every attribute. */
export const ORDERS = ["loss", "wrong"] as const;

interface Kept {
  readonly stamp: string;
  readonly predictions: Predictions;
}

/** Scores of faces by runs. */
export class FaceScores {
  readonly #table: FaceTable;
  readonly #pathOf: (run: string) => string;
  readonly #kept = new Map<string, Kept>();

  /** @param pathOf The folder of a run by its name; throws if there is none. */
  constructor(table: FaceTable, pathOf: (run: string) => string) {
    this.#table = table;
    this.#pathOf = pathOf;
  }

  /**
   * f32 [faces]: the score of each face in an order, the greater the more wrong the run is; NaN for faces that it
   * was not evaluated on. `loss` is the mean cross entropy over the attributes, `wrong` how many attributes are
   * said wrongly, an attribute's name the cross entropy of that attribute.
   *
   * @throws {RangeError} If there is no such run or order, or the run has not been evaluated.
   */
  async of(run: string, order: string): Promise<Float32Array> {
    const score = scoring(order);
    const predictions = await this.#predictions(run);
    const scores = new Float32Array(this.#table.size).fill(NaN);
    for (const [row, image] of predictions.images.entries()) {
      const id = this.#table.idOf(image);
      if (id >= 0) scores[id] = score(predictions, row);
    }
    return scores;
  }

  async #predictions(run: string): Promise<Predictions> {
    const path = this.#pathOf(run);
    const stamp = JSON.stringify(stampOf(predictionsPath(path)));
    const kept = this.#kept.get(run);
    if (kept?.stamp === stamp) return kept.predictions;
    const predictions = await readPredictions(path);
    if (predictions === null) {
      throw new RangeError(`The run ${quoted(run)} has not been evaluated yet; evaluate does so.`);
    }
    this.#kept.set(run, { stamp, predictions });
    return predictions;
  }
}

type Score = (predictions: Predictions, row: number) => number;

function scoring(order: string): Score {
  if (order === "wrong") return (predictions, row) => sum(each(predictions, row, isWrong));
  if (order === "loss") {
    return (predictions, row) => {
      const losses = each(predictions, row, crossEntropy);
      return sum(losses) / losses.length;
    };
  }
  const column = attributeColumn(order);
  if (column === undefined) throw new RangeError(`There is no order ${quoted(order)}.`);
  return (predictions, row) => of(predictions, row, column, crossEntropy);
}

/** A measure of every attribute that the run has learnt. */
function each(predictions: Predictions, row: number, measure: Measure): number[] {
  const columns = [...ATTRIBUTES.keys()].filter((column) => isLearnt(predictions, column));
  return columns.map((column) => of(predictions, row, column, measure));
}

function sum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

type Measure = (logit: number, isPresent: boolean) => number;

function of({ logits, labels }: Predictions, row: number, column: number, measure: Measure) {
  return measure(logits[row * ATTRIBUTES.length + column]!, hasAttribute(labels[row]!, column));
}

/** Of probability and label, from the logit: log1p(e^-x) for one that is present. */
function crossEntropy(logit: number, isPresent: boolean): number {
  const signed = isPresent ? logit : -logit;
  return Math.max(-signed, 0) + Math.log1p(Math.exp(-Math.abs(signed)));
}

function isWrong(logit: number, isPresent: boolean): number {
  return Number(logit > 0 !== isPresent);
}
