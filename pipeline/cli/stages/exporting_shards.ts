/** `export --format webdataset`: a data set as shards, with progress and counts. */

import type { ExportedShards } from "../../export.ts";
import type { InputSize } from "../../face/faces.ts";
import { maskSize } from "../../network/network.ts";
import { DEFAULT_PRESET, PRESETS } from "../../network/presets.ts";
import { formatBytes } from "../../numbers/text.ts";
import type { Context } from "../command.ts";
import { openShown } from "./dataset_options.ts";
import { datasetCounts, tellCounts } from "./face_counts.ts";
import { facesWithLandmarks } from "./landmarking.ts";

interface ShardsJob {
  readonly dataset: string;
  readonly landmarks: string;
  readonly labels?: string | undefined;
  readonly followLinks: boolean;
  readonly seed?: number | undefined;
  readonly shards?: number | undefined;
  /** By default that of the default preset. */
  readonly maskSize?: InputSize | undefined;
  readonly threads?: number | undefined;
  readonly out: string;
}

/** Writes the shards, and says what became of the faces. */
export async function runShards(
  job: ShardsJob,
  context: Context,
): Promise<ExportedShards & { readonly out: string }> {
  const { exportShards } = await import("../../export.ts");
  const { terminal, signal } = context;
  const { out, shards, threads: workers } = job;
  const mask = job.maskSize ?? maskSize(PRESETS[DEFAULT_PRESET].network);
  // Others' decoders refuse what is damaged.
  const dataset = await openShown(job.dataset, { ...job, damaged: "reject" }, context);
  datasetCounts(dataset, terminal);
  const { faces } = await facesWithLandmarks(job.landmarks, dataset, context);
  const left = terminal.lister("faces are in no shard");
  const onProgress = terminal.progress("export", "faces");
  context.onInterrupt(`${context.again()} goes on where it stopped.`);
  const result = await exportShards({
    ...{ records: faces, shards, mask, out, workers, signal, onProgress },
    onReject: (image, reason) => left.add(`${image}: ${reason}`),
  });
  terminal.finish();
  left.end();
  tellCounts([result.count], terminal);
  const all = result.shards.length;
  if (result.kept > 0) terminal.note(`${result.kept} of ${all} shards were there already`);
  const bytes = result.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  terminal.say(`Shards: ${out} (${all}, ${formatBytes(bytes)})`);
  return { ...result, out };
}
