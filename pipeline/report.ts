/**
 * The report of a run: one HTML file with everything in it.
 *
 * @module
 */

import { join } from "node:path";
import { writeFile } from "./files/write_file.ts";
import { renderPage } from "./report/page.ts";
import { readRunFolder } from "./report/run_folder.ts";

export { encodeSample, type MaskSize, type Sample, type SampleSource } from "./evaluate/samples.ts";

/** Which run to report on and where to. */
export interface ReportOptions {
  /** The run folder. */
  readonly run: string;
  /** The HTML file; `report.html` in the run folder if absent. */
  readonly out?: string;
  /**
   * Folders whose pictures may be shown beside those of the run's data set: a run that somebody else made may
   * name any picture of this machine.
   */
  readonly images?: readonly string[];
}

/**
 * Writes the report of a run: result, training curves, measures of each attribute, reliability, the best
 * and worst faces, sample faces with their masks, configuration and the commands that repeat it. It
 * reads `config.json` and, as far as they are there, `log.ndjson`, `metrics.json`, `samples.json`,
 * `extremes.json`, `occlusion.json` and the image files that samples and extremes name; the page says
 * what is missing and how to get it, but for the occlusion. The same files give the same bytes.
 *
 * @example A page about one step on four faces
 * ```ts
 * import { joinLandmarks, openBackend, openDataset, report, train, trainConfig } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ split: "train", shard: { index: 1, count: 90 } });
 * const records = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const run = await Deno.makeTempDir();
 * using backend = await openBackend("wasm");
 * await train({ records, config: trainConfig("lite", { epochs: 1, batch: 4 }), backend, out: run });
 *
 * console.log(await report({ run })); // RUN/report.html
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @returns The path of the file.
 * @throws {Error} If the run folder is missing or is no run.
 * @throws {SyntaxError} If a file in it is damaged, with its path and line.
 */
export async function report({ run, out, images }: ReportOptions): Promise<string> {
  const path = out ?? join(run, "report.html");
  await writeFile(path, await renderPage(await readRunFolder(run), images));
  return path;
}
