/** `import` of parquet files: a data set, with progress and what it lacks. */

import type { ImportedDataset } from "../../import.ts";
import type { Context } from "../command.ts";
import { ignoredColumns } from "./dataset_options.ts";

/** Writes the data set, and says what it holds. */
export async function runParquet(
  from: string,
  out: string,
  context: Context,
): Promise<ImportedDataset & { readonly out: string }> {
  const { importParquet } = await import("../../import/parquet/import_parquet.ts");
  const { terminal, signal } = context;
  const left = terminal.lister("faces have no image");
  const onProgress = terminal.progress("import", "images");
  context.onInterrupt(`${context.again()} goes on where it stopped.`);
  const result = await importParquet({
    ...{ from, out, signal, onProgress },
    onReject: (image, reason) => left.add(`${image}: ${reason}`),
    log: (line) => terminal.note(line),
  });
  terminal.finish();
  left.end();
  if (result.ignored.length > 0) terminal.note(ignoredColumns(result.ignored));
  if (result.splits === null) terminal.note("No splits are told; they are drawn when it is read.");
  terminal.say(`Data set: ${out} (${result.faces} faces)`);
  return { out, ...result };
}
