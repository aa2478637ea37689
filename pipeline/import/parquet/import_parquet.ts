/** Writing the faces of parquet files as a data set. */

import { Buffer } from "node:buffer";
import { basename, join } from "node:path";
import { ATTRIBUTES } from "../../face/attributes.ts";
import { type Split, SPLITS } from "../../face/record.ts";
import { csvRow } from "../../files/csv.ts";
import {
  FileWriter,
  ignoreMissing,
  isNotThere,
  UNFINISHED,
  writeFile,
} from "../../files/write_file.ts";
import { mapInOrder } from "../../streams/map_in_order.ts";
import { imageOf, labelsIn } from "./face_columns.ts";
import { ImageNames } from "./image_names.ts";
import { type DatasetPart, openParts } from "./parquet_folder.ts";

/** Options of {@linkcode importParquet}. */
export interface ImportParquetOptions {
  /** The folder of the parquet files, or one above it. */
  readonly from: string;
  /** The folder of the data set; made if it is missing. */
  readonly out: string;
  /** Stops the work; the images that are there are kept, and found by the next import into the folder. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the images done and all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Hears of faces without an image, and why. */
  readonly onReject?: ((image: string, reason: string) => void) | undefined;
  /** Hears of what should be known besides, such as files that are missing. */
  readonly log?: ((line: string) => void) | undefined;
}

/** What an import of parquet files has come to. */
export interface ImportedDataset {
  /** How many faces there are. */
  readonly faces: number;
  /** Faces of each split; null where no splits are told, so that they are drawn when the data set is opened. */
  readonly splits: Readonly<Record<Split, number>> | null;
  /** Columns that were not used. */
  readonly ignored: readonly string[];
}

const LABELS = "list_attr_celeba.csv";
const PARTITION = "list_eval_partition.csv";
const IMAGES = "img_align_celeba";

/** Images that are written at a time. */
const WRITES = 16;

/**
 * Writes the faces of the Hugging Face hub's parquet files as a data set in CelebA's layout: every image as the
 * bytes that it has, the labels, and the splits as the files' names say. Images of an interrupted import that are
 * there already are kept; the label file comes last.
 *
 * A face without an image has a row of labels, as one whose file is missing.
 *
 * @throws {Error} If the folder has something else in it.
 * @throws {SyntaxError} If a file is damaged, lacks columns, or has something else than labels in them.
 * @throws {WriteError} If the system refuses a file.
 * @throws {Deno.errors.Busy} If another process is writing the data set.
 */
export async function importParquet(options: ImportParquetOptions): Promise<ImportedDataset> {
  const { from, out, signal, log = () => {}, onProgress } = options;
  const parts = await openParts(from, log, signal);
  await checkFolder(out);
  const total = parts.reduce((sum, { file }) => sum + file.rows, 0);
  const isSplit = new Set(parts.map(({ split }) => split)).size > 1;
  await using labels = await FileWriter.open(join(out, LABELS));
  await using partition = isSplit ? await FileWriter.open(join(out, PARTITION)) : null;
  await labels.write(csvRow(["image_id", ...ATTRIBUTES]));
  await partition?.write(csvRow(["image_id", "partition"]));
  const names = new ImageNames(total);
  const counts = { train: 0, validation: 0, test: 0 };
  let faces = 0;
  for (const part of parts) {
    for await (const rows of facesOf(part, names, options)) {
      await labels.write(rows.map(({ name, values }) => csvRow([name, ...values])).join(""));
      if (partition !== null && part.split !== null) {
        counts[part.split] += rows.length;
        const split = SPLITS.indexOf(part.split);
        await partition.write(rows.map(({ name }) => csvRow([name, split])).join(""));
      }
      onProgress?.(faces += rows.length, total);
    }
  }
  if (partition === null) await Deno.remove(join(out, PARTITION)).catch(ignoreMissing);
  await partition?.commit();
  await labels.commit();
  return { faces, splits: isSplit ? counts : null, ignored: parts[0]!.columns.ignored };
}

/** A face whose image is written. */
interface WrittenFace {
  readonly name: string;
  readonly values: readonly number[];
}

/** Writes the images of a file, a row group at a time. */
async function* facesOf(
  { file, columns }: DatasetPart,
  names: ImageNames,
  { out, signal, onReject }: ImportParquetOptions,
): AsyncGenerator<WrittenFace[]> {
  let row = 0;
  for await (const group of file.groups([columns.image, ...columns.attributes])) {
    const faces = group.map((cells) => {
      const where = `${file.path}: row ${++row}`;
      const image = imageOf(cells, columns);
      return {
        name: names.next(image),
        bytes: image.bytes,
        values: labelsIn(cells, columns, where),
      };
    });
    const write = async ({ name, bytes, values }: typeof faces[number]) => {
      if (bytes === null) onReject?.(name, `no image in ${basename(file.path)}`);
      else await keepOrWrite(join(out, IMAGES, name), bytes);
      return { name, values };
    };
    yield await Array.fromAsync(mapInOrder(faces, write, WRITES, signal));
  }
}

/** Writes a file unless it is there with these bytes. */
async function keepOrWrite(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (await holds(path, bytes)) return;
  await writeFile(path, bytes, { lasting: false });
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    if ((await Deno.stat(path)).size !== bytes.length) return false;
    return Buffer.compare(await Deno.readFile(path), bytes) === 0;
  } catch (error) {
    if (isNotThere(error)) return false;
    throw error;
  }
}

/** Refuses a folder that has something else in it than an interrupted import. */
async function checkFolder(out: string): Promise<void> {
  const ours = [IMAGES, PARTITION, LABELS + UNFINISHED, PARTITION + UNFINISHED];
  try {
    for await (const { name } of Deno.readDir(out)) {
      if (ours.includes(name)) continue;
      throw new Error(`Cannot write a data set to ${out}: the folder holds ${name} already.`);
    }
  } catch (error) {
    ignoreMissing(error);
  }
}
