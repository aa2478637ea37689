/** What an evaluation leaves in the run's folder. */

import { join } from "node:path";
import { FileWriter, ignoreMissing, jsonText } from "../files/write_file.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { encodePredictions, type Predictions, predictionsPath } from "../metrics/predictions.ts";
import type { Occlusion } from "./occlusion.ts";
import type { Extremes } from "./extremes.ts";
import { schemaOf } from "../files/schema.ts";
import type { Sample } from "./samples.ts";

interface Evaluation {
  readonly predictions: Predictions;
  readonly samples: readonly Sample[];
  readonly extremes: Extremes;
  /** Undefined where nothing was occluded. */
  readonly occlusion: Occlusion | undefined;
  readonly metrics: Metrics;
}

/** The names of the JSON files, with what is in them; the last one to appear says that all are there. */
const JSON_FILES = ["samples", "extremes", "occlusion", "metrics"] as const;

/**
 * The files of an evaluation. They are begun together, so that two evaluations of one run never mix
 * theirs, and a folder that cannot be written to is found out before the work. An occlusion of an earlier
 * evaluation goes if this one has none: it may be of other weights or another split.
 */
export class EvaluationFiles implements AsyncDisposable {
  readonly #writers: AsyncDisposableStack;
  readonly #run: string;
  readonly #predictions: FileWriter;
  readonly #json: readonly FileWriter[];

  private constructor(run: string, writers: AsyncDisposableStack, files: FileWriter[]) {
    const [predictions, ...json] = files;
    this.#run = run;
    this.#writers = writers;
    this.#predictions = predictions!;
    this.#json = json;
  }

  static async open(run: string): Promise<EvaluationFiles> {
    await using writers = new AsyncDisposableStack();
    const paths = [predictionsPath(run), ...JSON_FILES.map((name) => jsonPath(run, name))];
    const opened: FileWriter[] = [];
    for (const path of paths) opened.push(writers.use(await FileWriter.open(path)));
    return new EvaluationFiles(run, writers.move(), opened);
  }

  /** Writes all, and only then lets any of them appear. */
  async write({ predictions, samples, ...others }: Evaluation): Promise<void> {
    const values = { samples: { faces: samples }, ...others };
    await this.#predictions.write(encodePredictions(predictions));
    const files = [this.#predictions];
    for (const [at, name] of JSON_FILES.entries()) {
      const file = this.#json[at]!;
      if (values[name] === undefined) continue;
      await file.write(jsonText({ schema: schemaOf(name), ...values[name] }));
      files.push(file);
    }
    for (const file of files) await file.sync();
    if (!others.occlusion) await Deno.remove(jsonPath(this.#run, "occlusion")).catch(ignoreMissing);
    for (const file of files) await file.commit();
  }

  /** Removes what has not appeared. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writers.disposeAsync();
  }
}

function jsonPath(run: string, name: typeof JSON_FILES[number]): string {
  return join(run, `${name}.json`);
}
