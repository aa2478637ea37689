/** Parquet files, in which the Hugging Face hub keeps data sets. */

import { filesBelow } from "../files/folder_files.ts";
import { shellWord } from "../files/shell_word.ts";
import { PROGRAM_NAME } from "../files/standalone.ts";

/** Folders around the files, at most: one of a configuration, one of a split. */
const DEEPEST = 2;

/** Paths of the parquet files below a folder, relative to it, in natural order. */
export async function parquetBelow(folder: string, signal?: AbortSignal): Promise<string[]> {
  const enters = (name: string) => name.split("/").length <= DEEPEST;
  const names = await Array.fromAsync(filesBelow(folder, signal, enters, () => {}));
  return names.filter((name) => name.toLowerCase().endsWith(".parquet"));
}

/** What to do with a folder that holds parquet files where a data set is needed; null if it holds none. */
export async function parquetHint(folder: string): Promise<string | null> {
  const [name] = await parquetBelow(folder);
  return name === undefined
    ? null
    : `${folder} holds parquet files, such as ${name}: ${PROGRAM_NAME} import --from ${
      shellWord(folder)
    } --out DIR writes them as a data set.`;
}
