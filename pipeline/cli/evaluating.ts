/**
 * What `evaluate` and `pipeline` do alike: a split measured, with progress and what is left out.
 *
 * @module
 */

import type { Dataset } from "../dataset.ts";
import type { EvaluateOptions } from "../evaluate.ts";
import type { Metrics } from "../metrics.ts";
import type { Context } from "./command.ts";

/** What is to be measured. */
export interface EvaluationJob
  extends Pick<EvaluateOptions, "run" | "records" | "split" | "backend"> {
  /** Tells how many faces the split has. */
  readonly dataset: Dataset;
}

/** Measures one split of a run. */
export async function runEvaluation(
  { dataset, ...job }: EvaluationJob,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<Metrics> {
  const { evaluate } = await import("../evaluate.ts");
  const onProgress = terminal.progress("evaluate", "images");
  const left = terminal.lister("faces are left out of the evaluation");
  const metrics = await evaluate({
    ...job,
    signal,
    onProgress: (done) => onProgress(done, dataset.counts[job.split]),
    onReject: (record, reason) => left.add(`${record.image}: ${reason}`),
  });
  terminal.finish();
  left.end();
  return metrics;
}
