import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { openDataset } from "../../../../pipeline/dataset.ts";
import {
  importParquet,
  type ImportParquetOptions,
} from "../../../../pipeline/import/parquet/import_parquet.ts";
import {
  CODINGS,
  hasParquetWriter,
  imageColumn,
  labelColumns,
  type ParquetColumnText,
  type ParquetText,
  writeParquet,
} from "../../../contexts/parquet_context.ts";
import { imageName, testBits, withFolder } from "../../../fixtures/dataset_folder.ts";

/** The bytes of a face's image: no picture, since nothing is decoded, and of a length of its own. */
function bytesOf(face: number): Uint8Array {
  return Uint8Array.from({ length: 500 + face }, (_, at) => (at * face) % 251);
}

/** The columns of faces as the hub has them. */
function columnsOf(
  faces: readonly number[],
  coding: keyof typeof CODINGS = "booleans",
): ParquetColumnText[] {
  const images = faces.map((face) => ({ bytes: bytesOf(face), path: imageName(face) }));
  const identities = { name: "celeb_id", type: "int64", data: faces } as const;
  return [imageColumn(images), identities, ...labelColumns(faces, coding)];
}

function part(path: string, columns: readonly ParquetColumnText[]): ParquetText {
  return { path, columns, rowGroupSize: 2, codec: "SNAPPY" };
}

/** Runs `test` with a folder of parquet files, and another that is not there. */
function parquetTest(
  name: string,
  files: Readonly<Record<string, readonly ParquetColumnText[]>>,
  test: (from: string, out: string) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !hasParquetWriter,
    fn: () =>
      withFolder({ "hub/": "" }, async (root) => {
        const from = join(root, "hub");
        const paths = Object.entries(files).map(([file, columns]) =>
          part(join(from, file), columns)
        );
        for (const { path } of paths) await Deno.mkdir(dirname(path), { recursive: true });
        await writeParquet(paths);
        await test(from, join(root, "out"));
      }),
  });
}

/** What a data set holds: by image its split, labels and file. */
async function contentOf(root: string): Promise<unknown[]> {
  const dataset = await openDataset(root);
  return await Array.fromAsync(dataset.records(), async ({ image, path, split, labels }) => [
    ...[image, split, labels],
    await Deno.readFile(path).catch(() => null),
  ]);
}

function facesOf(splits: readonly [face: number, split: string][]): unknown[] {
  return splits.map(([face, split]) => [imageName(face), split, testBits(face), bytesOf(face)]);
}

async function refused(options: ImportParquetOptions, message: RegExp): Promise<void> {
  await assert.rejects(importParquet(options), message);
}

parquetTest(
  "importParquet() writes images, labels of every coding and splits, the training ones first",
  {
    "data/train-00000-of-00002.parquet": columnsOf([1, 2, 3]),
    "data/train-00001-of-00002.parquet": columnsOf([4], "-1 and 1"),
    "data/test-00000-of-00001.parquet": columnsOf([6], "0.0 and 1.0"),
    "data/valid-00000-of-00001.parquet": columnsOf([5], "0 and 1"),
  },
  async (from, out) => {
    const done: number[] = [];
    const onProgress = (images: number) => void done.push(images);
    const expected = { faces: 6, splits: { train: 4, validation: 1, test: 1 } };
    const log: string[] = [];
    assert.deepEqual(
      await importParquet({ from, out, onProgress, log: (line) => void log.push(line) }),
      { ...expected, ignored: ["celeb_id"] },
    );
    assert.deepEqual([done, log], [[2, 3, 4, 5, 6], []]);
    const faces = facesOf([
      ...([[1, "train"], [2, "train"], [3, "train"], [4, "train"]] as const),
      ...([[5, "validation"], [6, "test"]] as const),
    ].map(([face, split]) => [face, split]));
    assert.deepEqual(await contentOf(out), faces);
    await refused({ from, out }, /out: the folder holds list_attr_celeba\.csv already\.$/);
    await assert.rejects(openDataset(from), {
      message: `${from} holds parquet files, such as data/test-00000-of-00001.parquet: ` +
        `deno task import --from ${from} --out DIR writes them as a data set.`,
    });
  },
);

parquetTest(
  "importParquet() goes on with the images that are there, and draws splits where all files are of one",
  { "train-00000-of-00002.parquet": columnsOf([1, 2, 3, 4, 5]) },
  async (from, out) => {
    const stop = new AbortController();
    const { signal } = stop;
    const halfway = importParquet({ from, out, signal, onProgress: () => stop.abort() });
    await assert.rejects(halfway, { name: "AbortError" });
    const images = join(out, "img_align_celeba");
    const made = async () => (await Deno.stat(join(images, imageName(1)))).ino;
    const first = await made();
    await Deno.writeFile(join(images, imageName(2)), new Uint8Array(bytesOf(2).length));
    const log: string[] = [];
    const { splits } = await importParquet({ from, out, log: (line) => void log.push(line) });
    assert.deepEqual([splits, await made()], [null, first]);
    assert.deepEqual(log, [`${from}: 1 of 2 files train-… are there`]);
    const faces = (await contentOf(out)) as [string, string, number, Uint8Array][];
    assert.deepEqual(
      faces.map(([image, , ...rest]) => [image, ...rest]),
      [1, 2, 3, 4, 5].map((face) => [imageName(face), testBits(face), bytesOf(face)]),
    );
    assert.equal((await openDataset(out)).files.partition, null);
  },
);

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
const PNG = Uint8Array.of(0x89, ...new TextEncoder().encode("PNG\r\n\x1a\n"));

parquetTest(
  "importParquet() numbers images whose path is missing, taken or no file's name, and misses those without bytes",
  {
    "full.parquet": [
      imageColumn([
        { bytes: JPEG, path: "a, b.jpg" },
        { bytes: JPEG, path: null },
        { bytes: JPEG, path: "sub/A, B.PNG" },
        { bytes: PNG, path: "../.." },
        { bytes: null, path: "lost.jpg" },
        { bytes: JPEG, path: "000002.jpg" },
        { bytes: JPEG, path: "=1.jpg" },
        { bytes: JPEG, path: "C:\\faces\\last.jpg" },
      ]),
      ...labelColumns([1, 2, 3, 4, 5, 6, 7, 8]),
    ],
  },
  async (from, out) => {
    const lost: string[] = [];
    const onReject = (...why: string[]) => void lost.push(why.join(": "));
    await importParquet({ from, out, onReject });
    assert.deepEqual(lost, ["lost.jpg: no image in full.parquet"]);
    const names = ((await contentOf(out)) as [string][]).map(([name]) => name);
    assert.deepEqual(names, [
      ...["a, b.jpg", "000002.jpg", "000003.jpg", "000004.png"],
      ...["lost.jpg", "000006.jpg", "000007.jpg", "last.jpg"],
    ]);
  },
);

parquetTest(
  "importParquet() says which file is wrong, and what it has",
  {
    "bald/train.parquet": columnsOf([1]).filter(({ name }) => name !== "Bald"),
    "text/train.parquet": columnsOf([1]).filter(({ name }) => name !== "image"),
    "twice/train.parquet": [...columnsOf([1]), {
      ...labelColumns([1])[0]!,
      name: "5 o clock shadow",
    }],
    "two/train.parquet": columnsOf([1, 2]).map((column) =>
      column.name === "Male" ? { ...column, type: "int64", data: [1, 2] } : column
    ),
    "null/train.parquet": columnsOf([1, 2]).map((column) =>
      column.name === "Young" ? { ...column, data: [true, null] } : column
    ),
    "odd/train.parquet": columnsOf([1]),
    "odd/more.parquet": columnsOf([2]),
    "cut/train.parquet": columnsOf([1, 2, 3]),
    "bad/train.parquet": columnsOf([1, 2, 3]),
  },
  async (from, out) => {
    const check = (set: string, message: RegExp) =>
      refused({ from: join(from, set), out }, message);
    await check(
      "bald",
      /^SyntaxError: .*train\.parquet: 39 of the 40 .*, Bald is missing; its columns are "image", "celeb_id"/,
    );
    await check(
      "text",
      /train\.parquet: one column with the bytes of images is needed, and it has 0; its columns are "celeb_id"/,
    );
    await check("twice", /the attribute 5_o_Clock_Shadow has two columns; its columns are /);
    await check(
      "two",
      /train\.parquet: row 2: true, false, 1, 0 or -1 is needed for Male, found 2\.$/,
    );
    await check(
      "null",
      /train\.parquet: row 2: true, false, 1, 0 or -1 is needed for Young, found null\.$/,
    );
    await check(
      "odd",
      /more\.parquet: the name says no split \(train, validation or test\), and other files' do\.$/,
    );
    const folders = ["bad", "bald", "cut", "null", "odd"].join(", ");
    await refused({ from, out }, new RegExp(`hub holds parquet files in ${folders}: which folder`));
    const cut = join(from, "cut", "train.parquet");
    await Deno.truncate(cut, 3000);
    await check(
      "cut",
      /cut\/train\.parquet: the parquet file cannot be read: it is damaged, or none\.$/,
    );
    const bad = join(from, "bad", "train.parquet");
    const bytes = await Deno.readFile(bad);
    await Deno.writeFile(bad, bytes.fill(0xff, 4, 40));
    await check(
      "bad",
      /bad\/train\.parquet: the parquet file cannot be read: it is damaged, or none\.$/,
    );
    await Deno.remove(from, { recursive: true });
    await Deno.mkdir(from);
    await refused({ from, out }, /^NotFound: There is no parquet file in .*hub\.$/);
  },
);
