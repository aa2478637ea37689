/** Parquet files, in which the Hugging Face hub keeps data sets. */

import { filesBelow } from "../files/folder_files.ts";

/** Folders around the files, at most: one of a configuration, one of a split. */
const DEEPEST = 2;

/** Paths of the parquet files below a folder, relative to it, in natural order. */
export async function parquetBelow(folder: string, signal?: AbortSignal): Promise<string[]> {
  const enters = (name: string) => name.split("/").length <= DEEPEST;
  const names = await Array.fromAsync(filesBelow(folder, signal, enters, () => {}));
  return names.filter((name) => name.toLowerCase().endsWith(".parquet"));
}
