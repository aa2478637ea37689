/**
 * What an evaluation leaves in the run's folder.
 *
 * @module
 */

import { join } from "node:path";
import { FileWriter, jsonText } from "./files.ts";
import type { Metrics } from "./metrics.ts";
import { encodePredictions, type Predictions, predictionsPath } from "./metrics/predictions.ts";
import type { Extremes } from "./report/extremes.ts";
import { schemaOf } from "./schema.ts";
import type { Sample } from "./report/samples.ts";

/** The contents of the files. */
export interface Evaluation {
  readonly predictions: Predictions;
  readonly samples: readonly Sample[];
  readonly extremes: Extremes;
  readonly metrics: Metrics;
}

/** The names of the JSON files, with what is in them; the last one to appear says that all are there. */
const JSON_FILES = ["samples", "extremes", "metrics"] as const;

/**
 * The four files of an evaluation. They are begun together, so that two evaluations of one run never mix
 * theirs, and a folder that cannot be written to is found out before the work.
 */
export class EvaluationFiles implements AsyncDisposable {
  readonly #writers: AsyncDisposableStack;
  readonly #predictions: FileWriter;
  readonly #json: readonly FileWriter[];

  private constructor(writers: AsyncDisposableStack, [predictions, ...json]: FileWriter[]) {
    this.#writers = writers;
    this.#predictions = predictions!;
    this.#json = json;
  }

  /** Begins the files of a run. */
  static async open(run: string): Promise<EvaluationFiles> {
    await using writers = new AsyncDisposableStack();
    const paths = [predictionsPath(run), ...JSON_FILES.map((name) => join(run, `${name}.json`))];
    const opened: FileWriter[] = [];
    for (const path of paths) opened.push(writers.use(await FileWriter.open(path)));
    return new EvaluationFiles(writers.move(), opened);
  }

  /** Writes all, and only then lets any of them appear. */
  async write({ predictions, samples, ...others }: Evaluation): Promise<void> {
    const values = { samples: { faces: samples }, ...others };
    await this.#predictions.write(encodePredictions(predictions));
    for (const [at, name] of JSON_FILES.entries()) {
      await this.#json[at]!.write(jsonText({ schema: schemaOf(name), ...values[name] }));
    }
    for (const file of [this.#predictions, ...this.#json]) await file.sync();
    for (const file of [this.#predictions, ...this.#json]) await file.commit();
  }

  /** Removes what has not appeared. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writers.disposeAsync();
  }
}
