/**
 * Data sets as they lie on disk, as a stream of records.
 *
 * @module
 */

import type { FaceCount } from "./face/face_count.ts";
import { type FaceRecord, type Split, SPLITS } from "./face/record.ts";
import { boxOf, type BoxTable, readBoxes } from "./dataset/boxes.ts";
import { countLabelled, countPlaced } from "./dataset/join_counts.ts";
import { type LabelTable, readLabels } from "./dataset/labels.ts";
import { type ImageListing, listImages } from "./dataset/image_listing.ts";
import type { DatasetFiles, Layout } from "./dataset/layout.ts";
import { filesFolder, findImages, findTables, imagePath } from "./dataset/layout.ts";
import { LinkGuard } from "./dataset/links.ts";
import { drawPartition, type Partition, readPartition } from "./dataset/partition.ts";
import type { TableOptions } from "./files/tables/text_table.ts";
import { type Shard, shardRange } from "./dataset/shard.ts";

export { type FolderOptions, imagesIn } from "./dataset/image_folder.ts";
export { type LabelTable, readLabels } from "./dataset/labels.ts";
export type { DatasetFiles, Layout } from "./dataset/layout.ts";
export type { NameTable } from "./files/tables/name_table.ts";
export type { TableOptions } from "./files/tables/text_table.ts";
export { type Shard, shardRange } from "./dataset/shard.ts";

/** What {@linkcode openDataset} can be told. */
export interface DatasetOptions {
  /** A label file, of any known form and from anywhere, that replaces the data set's own. */
  readonly labels?: string | undefined;
  /** Whole number that splits are drawn from where there is no partition file; 64 by default. */
  readonly seed?: number | undefined;
  /** Whether links in the data set that lead out of it are followed; else they are refused. */
  readonly followLinks?: boolean | undefined;
  /** Whether damaged images are used as far as they go; else they are rejected. */
  readonly useDamaged?: boolean | undefined;
  /** Stops the reading; `openDataset` then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with how many rows were read so far, of all tables together. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

/** Which faces {@linkcode Dataset.records} yields. */
export interface RecordOptions {
  /** Only the faces of this split. */
  readonly split?: Split | undefined;
  /** Only a contiguous part of the faces that would be yielded without it. */
  readonly shard?: Shard | undefined;
  /** Stops the records; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Where the labels come from. */
export interface LabelSource {
  /** The label file. */
  readonly file: string;
  /** Whether it was given by the caller, in place of the data set's own. */
  readonly replaced: boolean;
  /**
   * All images that lie beside those with labels or that the partition file names; the data set is those
   * that the label file names too.
   */
  readonly images: FaceCount;
  /** Names of its columns that hold neither the image nor one of the 40 attributes. */
  readonly ignored: readonly string[];
}

/** The seed of AttParseNet's experiments. */
const DEFAULT_SEED = 64;

/**
 * Opens a data set: CelebA in its official layout (flat, or under Anno, Eval and Img), its csv mirrors,
 * torchvision's root with a folder celeba, AttParseNet's csv, CelebAMask-HQ, or any folder of
 * images that a label file with the 40 attributes names.
 *
 * The tables are read and checked here, so that a wrong one stops before any work. An image's file may differ
 * from its name in case or ending (`000001.png` for `000001.jpg`). The images are not looked at: one that is
 * missing or broken is found when it is decoded, and one that is a link which leads out of the data set is
 * rejected. The data set is the faces of the label file, in its order. Where a partition file is there, it gives
 * their splits; a face that it does not name has none. Without one, splits are drawn from the seed, about
 * 80/10/10. What either file leaves out is counted.
 *
 * @example Faces of the sample
 * ```ts
 * import { namesOf, openDataset } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * console.log(dataset.counts); // { train: 360, validation: 48, test: 72 }
 * const few = dataset.records({ split: "test", shard: { index: 1, count: 24 } });
 * for await (const { image, labels } of few) console.log(image, namesOf(labels!));
 * ```
 *
 * @throws {Deno.errors.NotFound} If the folder, its label file or its images are not there.
 * @throws {Deno.errors.PermissionDenied} If a table or the images' folder is a link which leads out of it.
 * @throws {SyntaxError} With `path:line`, if a table is wrong.
 * @throws {Error} If the label file names none of the images, or one so that several may be meant.
 * @throws {RangeError} If the seed is no whole number.
 */
export async function openDataset(root: string, options: DatasetOptions = {}): Promise<Dataset> {
  const reading = sumOfRows(options);
  const folder = await filesFolder(root);
  const files = await findTables(folder, options.labels);
  const links = new LinkGuard(root, options.followLinks ?? false);
  const own = options.labels === undefined ? [files.labels] : [];
  for (const path of [...own, files.partition, files.boxes]) if (path !== null) links.require(path);
  const table = await readLabels(files.labels, reading());
  const { names } = table;
  const { images, layout } = await findImages(folder, names.name(0));
  links.require(images);
  const listing = await listImages({ images, names, labels: files.labels, links });
  const partition = files.partition === null
    ? drawPartition(names, options.seed ?? DEFAULT_SEED)
    : await readPartition(files.partition, names, reading());
  for (const name of listing.others) partition.others.addName(name);
  const useBoxes = files.boxes !== null && layout === "celeba-in-the-wild";
  const boxes = useBoxes ? await readBoxes(files.boxes, names, reading()) : null;
  return new Dataset(
    { root, layout, files: { ...files, images, boxes: useBoxes ? files.boxes : null } },
    options.labels !== undefined,
    { table, listing, partition, boxes, links, useDamaged: options.useDamaged ?? false },
  );
}

/** Makes what each table's reader is told: its rows count from those of the tables before it. */
function sumOfRows({ signal, onRows }: DatasetOptions): () => TableOptions {
  let [before, sum] = [0, 0];
  return () => {
    before = sum;
    return { signal, onRows: (rows) => onRows?.(sum = before + rows) };
  };
}

/** Everything that was read, and which images may be. */
interface DatasetTables {
  readonly links: LinkGuard;
  readonly table: LabelTable;
  readonly listing: ImageListing;
  readonly partition: Partition;
  readonly boxes: BoxTable | null;
  readonly useDamaged: boolean;
}

/** A data set that {@linkcode openDataset} has opened. It holds no open file. */
export class Dataset {
  /** The folder that was opened. */
  readonly root: string;
  /** What kind of images it holds. */
  readonly layout: Layout;
  /** The files that are used. */
  readonly files: DatasetFiles;
  /** How many faces there are; all are labelled. */
  readonly count: number;
  /** How many faces there are in each split. */
  readonly counts: Readonly<Record<Split, number>>;
  /** Where the labels come from. */
  readonly labelled: LabelSource;
  /** The faces, and those of them that have a split. */
  readonly placed: FaceCount;
  readonly #tables: DatasetTables;

  /** Puts together what {@linkcode openDataset} has read; not for other callers. */
  constructor(
    place: Pick<Dataset, "root" | "layout" | "files">,
    replaced: boolean,
    tables: DatasetTables,
  ) {
    this.root = place.root;
    this.layout = place.layout;
    this.files = place.files;
    const { table: { names, ignored }, partition: { splits, others } } = tables;
    const { labels: file, partition } = place.files;
    this.count = names.size;
    this.counts = countSplits(splits);
    const images = countLabelled(names, others, file);
    this.labelled = { file, replaced, images, ignored };
    this.placed = countPlaced(names, splits, partition);
    this.#tables = tables;
  }

  /**
   * The faces in the order of the label file, one after the other.
   *
   * Split, labels and (in-the-wild images only) the box are set; everything else is for later stages.
   *
   * @throws {RangeError} If there is no such shard.
   */
  async *records(options: RecordOptions = {}): AsyncGenerator<FaceRecord> {
    const { split, signal } = options;
    const total = split === undefined ? this.count : this.counts[split];
    const [from, to] = shardRange(total, options.shard);
    const wanted = split === undefined ? -1 : SPLITS.indexOf(split);
    const { splits } = this.#tables.partition;
    for (let face = 0, seen = 0; seen < to; face++) {
      if (wanted >= 0 && splits[face] !== wanted) continue;
      signal?.throwIfAborted();
      if (seen++ >= from) yield this.#record(face);
    }
  }

  /** The face of the image `name`, or null if the data set has none of this name. */
  record(name: string): FaceRecord | null {
    const face = this.#tables.table.names.indexOf(name);
    return face < 0 ? null : this.#record(face);
  }

  #record(face: number): FaceRecord {
    const { table, listing, partition, boxes, links, useDamaged } = this.#tables;
    const image = table.names.name(face);
    const path = imagePath(this.files.images, listing.files.get(face) ?? image);
    return {
      image,
      path,
      split: SPLITS[partition.splits[face] as number] ?? null,
      labels: table.labels[face] as number,
      size: null,
      box: boxes === null ? null : boxOf(boxes, face),
      points: null,
      rejected: links.faultOf(path),
      ...(useDamaged && { damage: null }),
    };
  }
}

function countSplits(splits: Uint8Array): Record<Split, number> {
  const [train, validation, test] = SPLITS.map((_, index) =>
    splits.reduce((sum, split) => sum + Number(split === index), 0)
  ) as [number, number, number];
  return { train, validation, test };
}
