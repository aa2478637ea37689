/** Options of all commands that read a data set, and how it is opened. */

import type { Dataset } from "../../dataset.ts";
import { type Context, defaulted, flag, type Option } from "../command.ts";
import { choice } from "../kinds.ts";
import { quoted } from "../../files/quoted.ts";

export const FOLLOW_LINKS: Option<boolean> = flag(
  "follow links that lead out of the data set, such as one to images on another disk",
);

export const DAMAGED: Option<"reject" | "use"> = defaulted(
  choice("reject", "use"),
  "reject",
  "a damaged JPEG: rejected, or used as far as it goes, the rest being gray",
);

/** What commands are told of a data set besides its folder. */
interface DatasetValues {
  readonly labels?: string | undefined;
  readonly followLinks?: boolean | undefined;
  readonly damaged: "reject" | "use";
  readonly seed?: number | undefined;
}

/** Milliseconds of reading that are worth a line when it is done. */
const WORTH_A_LINE = 1000;

/** Opens a data set, and shows meanwhile how many rows of its tables are read. */
export async function openShown(
  root: string,
  { labels, followLinks, damaged, seed }: DatasetValues,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<Dataset> {
  const { openDataset } = await import("../../dataset.ts");
  const start = performance.now();
  const onProgress = terminal.progress("data set", "rows");
  const onRows = (rows: number) => onProgress(rows, null);
  const useDamaged = damaged === "use";
  const dataset = await openDataset(root, {
    labels,
    followLinks,
    useDamaged,
    seed,
    signal,
    onRows,
  });
  if (performance.now() - start < WORTH_A_LINE) terminal.abandon();
  else terminal.finish();
  const { file, ignored } = dataset.labelled;
  if (ignored.length > 0) terminal.note(`${file}: ${ignoredColumns(ignored)}`);
  return dataset;
}

/** How many names of columns are said. */
const SHOWN = 5;

/** Says which columns of a table were not used. */
export function ignoredColumns(names: readonly string[]): string {
  const more = names.length > SHOWN ? " and others" : "";
  const which = names.slice(0, SHOWN).map((name) => quoted(name)).join(", ") + more;
  return `${names.length} ${names.length === 1 ? "column is" : "columns are"} ignored: ${which}.`;
}
