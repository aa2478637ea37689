/**
 * What `evaluate` and `pipeline` do alike: a split measured, with progress and what is left out, and its
 * means told.
 *
 * @module
 */

import type { Dataset } from "../dataset.ts";
import type { EvaluateOptions } from "../evaluate.ts";
import type { Metrics } from "../metrics.ts";
import type { Context } from "./command.ts";

/** What is to be measured. */
export interface EvaluationJob
  extends Pick<EvaluateOptions, "run" | "records" | "split" | "validation" | "backend"> {
  /** Tells how many faces the split has. */
  readonly dataset: Dataset;
}

/** Measures one split of a run, and chooses thresholds on the validation split if it is another one. */
export async function runEvaluation(
  { dataset, ...job }: EvaluationJob,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<Metrics> {
  const { evaluate } = await import("../evaluate.ts");
  const onProgress = terminal.progress("evaluate", "images");
  const left = terminal.lister("faces are left out of the evaluation");
  const { counts } = dataset;
  const others = job.validation && job.split !== "validation" ? counts.validation : 0;
  const metrics = await evaluate({
    ...job,
    signal,
    onProgress: (done) => onProgress(done, counts[job.split] + others),
    onReject: (record, reason) => left.add(`${record.image}: ${reason}`),
  });
  terminal.finish();
  left.end();
  return metrics;
}

/** What `--json` tells of an evaluation: the means. `RUN/metrics.json` has all that lies behind them. */
export function meansOf({ attributes: _, evidence, ...means }: Metrics): object {
  if (!evidence) return means;
  const { attributes: __, bins: ___, ...ofMeans } = evidence;
  return { ...means, evidence: ofMeans };
}
