/**
 * The comparison of runs: side by side, and whether they differ by more than chance.
 *
 * @module
 */

import { readComparedRuns } from "./compare/compared_run.ts";
import { compareSettings } from "./compare/comparison.ts";
import { renderComparison } from "./compare/page.ts";
import type { Comparison } from "./compare/result.ts";
import { groupRuns } from "./compare/settings.ts";
import { writeFile } from "./files/write_file.ts";

export type {
  AttributeDifference,
  Comparison,
  Difference,
  Estimate,
  Estimates,
  RunResult,
  SettingResult,
} from "./compare/result.ts";
export type { SettingDifference } from "./compare/settings.ts";

/** Options of {@linkcode compare}. */
export interface CompareOptions {
  /** Folders of evaluated runs. What the first one was trained like is what others are held against. */
  readonly runs: readonly string[];
  /** An HTML file to write; none if absent. */
  readonly out?: string;
}

/**
 * Compares runs that were measured on the same images. Runs whose configurations differ in the seed
 * alone count as one setting, whose measures are the means of its runs.
 *
 * Intervals and p-values of the means come from a bootstrap over the images in which every run sees the
 * same resamples; those of the attributes' accuracies from McNemar's test on the same faces. They say
 * how far the difference of these very networks would hold on other images. What another seed
 * would do is another question, which only several runs of a setting answer: see `spread`.
 *
 * @example With and without masks, on four faces
 * ```ts
 * import { compare, evaluate, openBackend, openDataset, train, trainConfig } from "@attparsenet/attparsenet";
 * import { joinLandmarks } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const join = joinLandmarks("data/sample/Anno/list_landmarks_68.csv");
 * const folder = await Deno.makeTempDir();
 * using backend = await openBackend("wasm");
 * const runs = [0, 1].map((weight) => `${folder}/w${weight}`);
 * for (const [segmentationWeight, run] of runs.entries()) {
 *   const config = trainConfig("lite", { epochs: 1, batch: 4, segmentationWeight });
 *   const some = dataset.records({ split: "train", shard: { index: 1, count: 90 } });
 *   await train({ records: join(some), config, backend, out: run });
 *   const few = dataset.records({ split: "test", shard: { index: 1, count: 18 } });
 *   await evaluate({ run, records: join(few), split: "test", backend });
 * }
 *
 * const { settings } = await compare({ runs });
 * console.log(settings.map(({ name, measures }) => [name, measures.balancedAccuracy.value]));
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {Error} If a run has not been evaluated, or was measured on other images or labels than the
 * first one; the message names the difference.
 */
export async function compare({ runs, out }: CompareOptions): Promise<Comparison> {
  if (runs.length < 2) throw new RangeError(`Cannot compare ${runs.length} runs: two are needed`);
  const settings = groupRuns(await readComparedRuns(runs));
  const comparison = compareSettings(settings);
  if (out !== undefined) await writeFile(out, renderComparison(comparison, settings));
  return comparison;
}
