/** Parquet files as the Hugging Face hub has data sets, written by npm's hyparquet-writer, where it can be had. */

import { join } from "node:path";
import { ATTRIBUTES } from "../../pipeline/face/attributes.ts";
import { testLabels } from "../fixtures/dataset_folder.ts";
import { ALONE, isFetched } from "./npm_peer.ts";
import { runProcess } from "./python_peer.ts";

/** A file to write. */
export interface ParquetText {
  readonly path: string;
  readonly columns: readonly ParquetColumnText[];
  readonly rowGroupSize: number;
  readonly codec: "SNAPPY" | "UNCOMPRESSED";
}

/** A column of it: of images, values are {bytes, path}, the bytes in base64. */
export interface ParquetColumnText {
  readonly name: string;
  readonly type: "bool" | "double" | "image" | "int64" | "text";
  readonly data: readonly unknown[];
}

const PEER = join(import.meta.dirname!, "..", "peers", "write_parquet.ts");

/** Whether parquet files can be written. */
export const hasParquetWriter: boolean = await isFetched(PEER);

if (!hasParquetWriter) {
  const line = "NO PARQUET: npm's hyparquet-writer cannot be had, so its files are NOT TESTED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** How the labels of {@linkcode labelColumns} are written. */
export const CODINGS = {
  booleans: { type: "bool", of: (label: number) => label === 1 },
  "-1 and 1": { type: "int64", of: (label: number) => label === 1 ? 1 : -1 },
  "0 and 1": { type: "int64", of: (label: number) => label },
  "0.0 and 1.0": { type: "double", of: (label: number) => label },
} as const;

/** The columns of the 40 attributes of faces, numbered as those of `dataset_folder.ts`. */
export function labelColumns(
  faces: readonly number[],
  coding: keyof typeof CODINGS = "booleans",
): ParquetColumnText[] {
  const { type, of } = CODINGS[coding];
  return ATTRIBUTES.map((name, column) => (
    { name, type, data: faces.map((face) => of(testLabels(face)[column]!)) }
  ));
}

/** A column of images by their bytes and paths. */
export function imageColumn(
  images: readonly { bytes: Uint8Array | null; path: string | null }[],
): ParquetColumnText {
  const data = images.map(({ bytes, path }) => ({ bytes: bytes?.toBase64() ?? null, path }));
  return { name: "image", type: "image", data };
}

/** Writes files. */
export async function writeParquet(files: readonly ParquetText[]): Promise<void> {
  const input = new TextEncoder().encode(JSON.stringify(files));
  const args = ["run", "--quiet", "--no-check", "--allow-read", "--allow-write", ...ALONE, PEER];
  await runProcess(Deno.execPath(), args, [input]);
}
