/** The parquet files of a data set, and which split each is of. */

import { basename, dirname, join } from "node:path";
import { parquetBelow } from "../../dataset/parquet_files.ts";
import { type Split, SPLITS } from "../../face/record.ts";
import { type FaceColumns, faceColumns } from "./face_columns.ts";
import { ParquetFile } from "./parquet_file.ts";

/** A file of a data set. */
export interface DatasetPart {
  readonly file: ParquetFile;
  readonly columns: FaceColumns;
  /** Null where its name does not say it. */
  readonly split: Split | null;
}

/** `train-00000-of-00010.parquet`, `0000.parquet` in a folder `train`, `validation.parquet`, … */
const SPLIT = /(?:^|[^a-z])(train|val|valid|validation|test)(?:[^a-z]|$)/i;
/** A file that is one of several. */
const NUMBERED = /^(.*)-(\d{5})-of-(\d{5})\.parquet$/i;

/**
 * Opens the parquet files below a folder and checks their columns: training comes first, then validation, test.
 *
 * @param log Told of files that are missing by the others' names.
 * @throws {Deno.errors.NotFound} If there is none.
 * @throws {Error} If they lie in several folders that are no splits, as several data sets do; if names say
 * splits for some only.
 * @throws As of `ParquetFile.open` and `faceColumns`.
 */
export async function openParts(
  folder: string,
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<DatasetPart[]> {
  const names = await parquetBelow(folder, signal);
  if (names.length === 0) throw new Deno.errors.NotFound(`There is no parquet file in ${folder}.`);
  const splits = new Map(names.map((name) => [name, splitOf(name)]));
  checkNames(folder, splits);
  for (const line of missingFiles(names)) log(`${folder}: ${line}`);
  const place = (name: string) => SPLITS.indexOf(splits.get(name) ?? "train");
  const parts: DatasetPart[] = [];
  for (const name of names.sort((a, b) => place(a) - place(b))) {
    signal?.throwIfAborted();
    const file = await ParquetFile.open(join(folder, name));
    parts.push({ file, columns: faceColumns(file), split: splits.get(name)! });
  }
  return parts;
}

function splitOf(name: string): Split | null {
  const own = SPLIT.exec(basename(name)) ?? SPLIT.exec(basename(dirname(name)));
  const word = own?.[1]?.toLowerCase();
  return word?.startsWith("val") ? "validation" : word as Split | undefined ?? null;
}

function checkNames(folder: string, splits: ReadonlyMap<string, Split | null>): void {
  const sets = new Set([...splits.keys()].map((name) => {
    const around = dirname(name);
    return SPLIT.test(basename(around)) ? dirname(around) : around;
  }));
  if (sets.size > 1) {
    throw new Error(
      `${folder} holds parquet files in ${[...sets].slice(0, 5).join(", ")}: ` +
        "which folder is meant?",
    );
  }
  const unknown = [...splits].find(([, split]) => split === null);
  if (unknown !== undefined && [...splits.values()].some((split) => split !== null)) {
    throw new Error(
      `${join(folder, unknown[0])}: the name says no split (train, validation or test), ` +
        "and other files' do.",
    );
  }
}

/** Of which numbered files some are not there. */
function missingFiles(names: readonly string[]): string[] {
  const numbered = names.map((name) => NUMBERED.exec(name)).filter((match) => match !== null);
  const series = Map.groupBy(numbered, ([, stem, , count]) => `${stem} of ${Number(count)}`);
  return [...series.values()].flatMap((files) => {
    const [stem, count] = [files[0]![1]!, Number(files[0]![3])];
    return files.length === count ? [] : [`${files.length} of ${count} files ${stem}-… are there`];
  });
}
