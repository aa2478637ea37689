/**
 * What `evaluate` and `pipeline` do alike: a split measured, with progress and what is left out, and its
 * means told.
 */

import type { Dataset } from "../../dataset.ts";
import type { Evaluated, EvaluateOptions } from "../../evaluate.ts";
import { seenText } from "../../metrics/measures.ts";
import type { Context } from "../command.ts";
import { tellCounts, tellLosses } from "./face_counts.ts";
import type { OnProgress } from "../terminal/terminal.ts";

interface EvaluationJob extends
  Pick<
    EvaluateOptions,
    | "run"
    | "records"
    | "split"
    | "validation"
    | "backend"
    | "masks"
    | "occlude"
    | "pack"
    | "workers"
  > {
  /** Tells how many faces the split has. */
  readonly dataset: Dataset;
}

/** Measures one split of a run, and chooses thresholds on the validation split if it is another one. */
export async function runEvaluation(
  { dataset, occlude, ...job }: EvaluationJob,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<Evaluated> {
  const { evaluate } = await import("../../evaluate.ts");
  const onProgress = terminal.progress("evaluate", "images");
  const left = terminal.lister("faces are left out of the evaluation");
  const damaged = terminal.lister("images are damaged, and used as far as they go");
  const { counts } = dataset;
  const others = job.validation && job.split !== "validation" ? counts.validation : 0;
  let onOccluded: OnProgress | null = null;
  const metrics = await evaluate({
    ...job,
    ...(occlude && {
      occlude: {
        ...occlude,
        // Started with the first face, because it ends the evaluation's progress.
        onProgress: (done, total) => {
          onOccluded ??= terminal.progress("occlude", "faces");
          onOccluded(done, total);
        },
      },
    }),
    signal,
    log: (line) => terminal.note(line),
    onProgress: (done) => onProgress(done, counts[job.split] + others),
    onReject: (record, reason) => left.add(`${record.image}: ${reason}`),
    onDamaged: ({ image }, damage) => damaged.add(`${image}: used as far as it goes: ${damage}`),
  });
  terminal.finish();
  left.end();
  damaged.end();
  const [measured, ...rest] = metrics.faces;
  tellCounts([measured!], terminal);
  tellLosses(rest, terminal);
  const warning = seenText(metrics);
  if (warning !== null) terminal.warn(`Warning: ${warning}`);
  return metrics;
}

/** What `--json` tells of an evaluation: the means. `RUN/metrics.json` has all that lies behind them. */
export function meansOf({ attributes: _, evidence, occlusion, ...means }: Evaluated): object {
  const { attributes: __, ...occluded } = occlusion ?? {};
  const result = { ...means, ...(occlusion && { occlusion: occluded }) };
  if (!evidence) return result;
  const { attributes: ___, bins: ____, ...ofMeans } = evidence;
  return { ...result, evidence: ofMeans };
}
