import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type DatasetOptions,
  imagesIn,
  openDataset,
  type RecordOptions,
  shardRange,
} from "../../../pipeline/dataset.ts";
import type { FaceRecord, Split } from "../../../pipeline/face/record.ts";
import {
  csvLabels,
  type Files,
  imageName,
  officialLabels,
  partitionText,
  testBits,
  withFolder,
} from "../../fixtures/dataset_folder.ts";
import { gunzipTo, realData, unzipTo } from "../../contexts/real_data.ts";

/** Splits of the six faces of the tests' data sets, and how a partition file writes them. */
const SIX: readonly Split[] = ["train", "validation", "train", "test", "train", "test"];
const SIX_NUMBERS = [0, 1, 0, 2, 0, 2];

const FLAT: Files = {
  "list_attr_celeba.txt": officialLabels(6),
  "list_eval_partition.txt": partitionText(SIX_NUMBERS),
  "img_align_celeba/": "",
};

/** Opens the data set of six faces in `files` and checks its records and where their images lie. */
async function checkSix(files: Files, images: string, options: DatasetOptions = {}): Promise<void> {
  await withFolder(files, async (root) => {
    const dataset = await openDataset(root, options);
    assert.equal(dataset.count, 6);
    assert.deepEqual(dataset.counts, { train: 3, validation: 1, test: 2 });
    assert.equal(dataset.files.images, join(root, images));
    const expected = SIX.map((split, face): FaceRecord => ({
      image: imageName(face + 1),
      path: `${join(root, images)}/${imageName(face + 1)}`,
      split,
      labels: testBits(face + 1),
      size: null,
      box: null,
      points: null,
      rejected: null,
    }));
    assert.deepEqual(await Array.fromAsync(dataset.records()), expected);
  });
}

/** Checks that opening the data set in `files` fails in this way. */
async function checkRefused(
  files: Files,
  error: new (...args: never[]) => Error,
  message: RegExp,
  options: DatasetOptions = {},
): Promise<void> {
  await withFolder(files, async (root) => {
    await assert.rejects(openDataset(root, options), (thrown: Error) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  });
}

Deno.test("openDataset() reads CelebA flat in one folder", () =>
  checkSix(FLAT, "img_align_celeba"));

Deno.test("openDataset() reads CelebA under Anno, Eval and Img", () =>
  checkSix({
    "Anno/list_attr_celeba.txt": officialLabels(6),
    "Eval/list_eval_partition.txt": partitionText(SIX_NUMBERS).replaceAll("\n", "\r\n"),
    "Img/img_align_celeba/": "",
  }, "Img/img_align_celeba"));

Deno.test("openDataset() reads the csv mirror as Kaggle's archive unpacks", () =>
  checkSix({
    "list_attr_celeba.csv": csvLabels(6),
    "list_eval_partition.csv": "image_id,partition\n" + partitionText(SIX_NUMBERS, ","),
    "img_align_celeba/img_align_celeba/": "",
  }, "img_align_celeba/img_align_celeba"));

Deno.test("openDataset() reads the root that torchvision is given", async () => {
  const images = "celeba/img_align_celeba";
  await checkSix(prefixed("celeba/", FLAT), images);
  await checkSix({ "other.zip": "", "celeba.txt": "", ...prefixed("celeba/", FLAT) }, images);
  // What lies in the root itself comes first.
  await checkSix(
    { ...FLAT, ...prefixed("celeba/", { ...FLAT, "list_attr_celeba.txt": "" }) },
    "img_align_celeba",
  );
  await withFolder(prefixed("set/celeba/", FLAT), async (root) => {
    await Deno.rename(join(root, "set/celeba/list_attr_celeba.txt"), join(root, "labels.txt"));
    await assert.rejects(openDataset(join(root, "set")), /no label file in .*celeba: looked for/);
    const dataset = await openDataset(join(root, "set"), { labels: join(root, "labels.txt") });
    assert.equal(dataset.files.images, join(root, "set", images));
  });
  await withFolder({ "set/": "", ...prefixed("elsewhere/", FLAT) }, async (root) => {
    await Deno.symlink(join(root, "elsewhere"), join(root, "set/celeba"));
    await assert.rejects(openDataset(join(root, "set")), Deno.errors.PermissionDenied);
    assert.equal((await openDataset(join(root, "set"), { followLinks: true })).count, 6);
  });
});

Deno.test("openDataset() reads AttParseNet's csv with a column called split", () =>
  checkSix({
    "list_attr_celeba.csv": csvLabels(6, { heading: "image_name" }),
    "list_eval_partition.csv": "split,identity,image_name\n" +
      SIX.map((split, face) => `${split},${face},${imageName(face + 1)}\n`).join(""),
    "Img/img_align_celeba/": "",
  }, "Img/img_align_celeba"));

Deno.test("openDataset() reads a partition file without its last newline", () =>
  checkSix(
    { ...FLAT, "list_eval_partition.txt": partitionText(SIX_NUMBERS).trimEnd() },
    "img_align_celeba",
  ));

Deno.test("openDataset() reads any folder of images that a label file names", async () => {
  const labels = csvLabels(2, { heading: "path" })
    .replace("000001.jpg", "Ann\\1.jpg").replace("000002.jpg", "Bo/2.jpg");
  await withFolder({ "set/Ann/1.jpg": "", "lfwa.csv": labels }, async (root) => {
    const dataset = await openDataset(join(root, "set"), { labels: join(root, "lfwa.csv") });
    assert.equal(dataset.layout, "other");
    const records = await Array.fromAsync(dataset.records());
    assert.deepEqual(records.map((record) => record.image), ["Ann\\1.jpg", "Bo/2.jpg"]);
    assert.equal(records[0]?.path, join(root, "set") + "/Ann/1.jpg");
    assert.equal(records[1]?.path, join(root, "set") + "/Bo/2.jpg");
  });
});

Deno.test("openDataset() reads names with quotes and commas in every table, doubled and quoted", async () => {
  const names = ['a "b".jpg', '"c".jpg', 'd, "".jpg'];
  const cell = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const labels = names.reduce(
    (text, name, face) => text.replace(imageName(face + 1), () => cell(name)),
    csvLabels(3),
  );
  const rows = (heading: string, ...values: string[]) =>
    [heading, ...names.map((name, face) => `${cell(name)},${values[face]}`)].join("\n");
  const files = {
    "list_attr_celeba.csv": labels,
    "list_eval_partition.csv": rows("image_id,partition", "0", "1", "2"),
    "list_bbox_celeba.csv": rows("image_id,x_1,y_1,width,height", "1,2,3,4", "5,6,7,8", "1,1,1,1"),
    ...Object.fromEntries(names.map((name) => [`img_celeba/${name}`, ""])),
  };
  await withFolder(files, async (root) => {
    const dataset = await openDataset(root);
    const records = await Array.fromAsync(dataset.records());
    assert.deepEqual(records.map(({ image }) => image), names);
    assert.deepEqual(records.map(({ split }) => split), ["train", "validation", "test"]);
    assert.deepEqual(records.map(({ labels }) => labels), [1, 2, 3].map(testBits));
    assert.deepEqual(records[1]!.box, { x: 5, y: 6, width: 7, height: 8 });
    assert.deepEqual(dataset.labelled.images.leftOut, []);
    const blanks = partitionText([0]).replace("000001.jpg", () => cell('""'));
    await Deno.writeTextFile(join(root, "list_eval_partition.csv"), blanks + '"a"b" 1\n');
    await assert.rejects(openDataset(root), /csv:2: a quote stands inside a cell/);
  });
});

Deno.test("openDataset() reads CelebAMask-HQ, and leaves its masks alone", async () => {
  // Its names have no zeros in front, and two blanks behind.
  const labels = officialLabels(3, { newline: "\n" }).replaceAll(/^0+(\d)\.jpg/gm, "$1.jpg ");
  const files = {
    "CelebAMask-HQ-attribute-anno.txt": labels,
    "CelebAMask-HQ-pose-anno.txt": "3\nYaw Pitch Raw\n",
    "CelebA-HQ-to-CelebA-mapping.txt": "idx orig_idx orig_file\n",
    "CelebA-HQ-img/1.jpg": "",
    "CelebA-HQ-img/2.jpg": "",
    "CelebAMask-HQ-mask-anno/0/00001_hair.png": "",
  };
  await withFolder(files, async (root) => {
    const dataset = await openDataset(root);
    assert.equal(dataset.layout, "other");
    assert.equal(dataset.files.partition, null);
    const records = await Array.fromAsync(dataset.records());
    const paths = [1, 2, 3].map((face) => join(root, `CelebA-HQ-img/${face}.jpg`));
    assert.deepEqual(records.map(({ path }) => path), paths);
    assert.deepEqual(records.map(({ labels }) => labels), [1, 2, 3].map(testBits));
    assert.deepEqual(dataset.labelled.images.leftOut, []);
    await Deno.rename(join(root, "CelebA-HQ-img"), join(root, "hq"));
    await assert.rejects(openDataset(root), /no images .*CelebA-HQ-img, and for 1\.jpg/);
  });
});

Deno.test("openDataset() takes another label file from anywhere", async () => {
  const other = csvLabels(6, { negative: "0" });
  await withFolder({ "new/labels.csv": other, ...prefixed("set/", FLAT) }, async (root) => {
    const file = join(root, "new/labels.csv");
    const dataset = await openDataset(join(root, "set"), { labels: file });
    const images = { stage: "labels", faces: 6, used: 6, leftOut: [] };
    assert.deepEqual(dataset.labelled, { file, replaced: true, images, ignored: [] });
    assert.equal((await Array.fromAsync(dataset.records()))[3]?.labels, testBits(4));
  });
});

Deno.test("openDataset() counts the images that a label file does not name", async () => {
  const images = Object.fromEntries(
    // The fifth is named by the partition file alone, and the last lies in the folder alone.
    [1, 2, 3, 4, 6, 7].map((face) => [`img_align_celeba/${imageName(face)}`, ""]),
  );
  const others = { "img_align_celeba/.8.jpg": "", "img_align_celeba/notes.txt": "" };
  const files = { "labels.csv": csvLabels(4), ...FLAT, ...images, ...others };
  await withFolder(files, async (root) => {
    const labels = join(root, "labels.csv");
    const dataset = await openDataset(root, { labels });
    assert.equal(dataset.count, 4);
    assert.deepEqual(dataset.counts, { train: 2, validation: 1, test: 1 });
    const first = ["000005.jpg", "000006.jpg", "000007.jpg"];
    const leftOut = [{ reason: `no row in ${labels}`, faces: 3, first }];
    assert.deepEqual(dataset.labelled.images, { stage: "labels", faces: 7, used: 4, leftOut });
    assert.equal(dataset.record("000005.jpg"), null);
  });
});

Deno.test("openDataset() counts images without labels beside those that have some, and no others", async () => {
  const labels = csvLabels(2, { heading: "path" })
    .replace("000001.jpg", "Ann\\1.jpg").replace("000002.jpg", "Bo/2.jpg");
  const files = { "Ann/1.jpg": "", "Ann/3.jpg": "", "Bo/": "", "masks/1.png": "", "logo.png": "" };
  await withFolder({ ...files, "list_attr.csv": labels }, async (root) => {
    const { labelled: { images } } = await openDataset(root);
    assert.deepEqual([images.faces, images.leftOut[0]?.first], [3, ["Ann\\3.jpg"]]);
    await withFolder({ "4.jpg": "" }, async (elsewhere) => {
      await Deno.remove(join(root, "Bo"));
      await Deno.symlink(elsewhere, join(root, "Bo"));
      assert.equal((await openDataset(root)).labelled.images.faces, 3, "what lies elsewhere");
      const followed = await openDataset(root, { followLinks: true });
      assert.equal(followed.labelled.images.faces, 4);
    });
  });
});

Deno.test("openDataset() counts the faces that a partition file does not place", async () => {
  const partition = partitionText(SIX_NUMBERS).split("\n").slice(0, 4).join("\n");
  await withFolder({ ...FLAT, "list_eval_partition.txt": partition }, async (root) => {
    const dataset = await openDataset(root);
    assert.deepEqual(dataset.counts, { train: 2, validation: 1, test: 1 });
    const reason = `no row in ${join(root, "list_eval_partition.txt")}`;
    const leftOut = [{ reason, faces: 2, first: ["000005.jpg", "000006.jpg"] }];
    assert.deepEqual(dataset.placed, { stage: "splits", faces: 6, used: 4, leftOut });
    const records = await Array.fromAsync(dataset.records());
    assert.deepEqual(records.map(({ split }) => split).slice(3), ["test", null, null]);
  });
});

function prefixed(prefix: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [prefix + name, text]));
}

Deno.test("openDataset() draws the same splits from a seed whatever the order of the rows", async () => {
  const labels = csvLabels(2000);
  const [heading = "", ...rows] = labels.trimEnd().split("\n");
  const reversed = [heading, ...rows.reverse().slice(0, 1500)].join("\n");
  const splits = async (text: string, seed?: number) => {
    let found: Record<string, Split | null> = {};
    await withFolder({ "list_attr_celeba.csv": text, "img_celeba/": "" }, async (root) => {
      const dataset = await openDataset(root, seed === undefined ? {} : { seed });
      const records = await Array.fromAsync(dataset.records());
      found = Object.fromEntries(records.map(({ image, split }) => [image, split]));
    });
    return found;
  };
  const all = await splits(labels);
  const part = await splits(reversed);
  assert.equal(Object.keys(part).length, 1500);
  for (const [image, split] of Object.entries(part)) assert.equal(split, all[image], image);
  assert.deepEqual(await splits(labels, 64), all);
  assert.notDeepEqual(await splits(labels, 65), all);
  assert.notDeepEqual(await splits(labels, 64 + 2 ** 32), all);
  // Five standard deviations of the binomial distribution: 2000·0.8 ± 89, 2000·0.1 ± 67.
  const count = (name: Split) => Object.values(all).filter((split) => split === name).length;
  assert.ok(Math.abs(count("train") - 1600) < 89, `${count("train")} of 2000 train`);
  assert.ok(Math.abs(count("validation") - 200) < 67, `${count("validation")} of 2000 validate`);
  assert.ok(Math.abs(count("test") - 200) < 67, `${count("test")} of 2000 test`);
});

Deno.test("openDataset() uses boxes for in-the-wild images only, and none without an area", async () => {
  const boxes = "3\r\nimage_id x_1 y_1 width height\r\n" +
    "000002.jpg    95  71 226 313\r\n000001.jpg -3 0 0 0\r\n000099.jpg 1 2 3 4\r\n";
  const files = { ...FLAT, "list_bbox_celeba.txt": boxes };
  await withFolder(files, async (root) => {
    const dataset = await openDataset(root);
    assert.equal(dataset.layout, "celeba-aligned");
    assert.equal(dataset.files.boxes, null);
    assert.equal(dataset.record("000002.jpg")?.box, null);
    await Deno.rename(join(root, "img_align_celeba"), join(root, "img_celeba"));
    const wild = await openDataset(root);
    assert.equal(wild.layout, "celeba-in-the-wild");
    assert.equal(wild.files.boxes, join(root, "list_bbox_celeba.txt"));
    assert.deepEqual(wild.record("000002.jpg")?.box, { x: 95, y: 71, width: 226, height: 313 });
    assert.equal(wild.record("000001.jpg")?.box, null);
    assert.equal(wild.record("000003.jpg")?.box, null);
  });
});

Deno.test("openDataset() tells how many rows of all its tables are read", async () => {
  const many = 5000; // rows of labels, in three pieces of the file
  const files = {
    "list_attr_celeba.txt": officialLabels(many),
    "list_eval_partition.txt": partitionText(SIX_NUMBERS),
    "list_bbox_celeba.txt": "1\nimage_id x_1 y_1 width height\n000002.jpg 95 71 226 313\n",
    "img_celeba/": "",
  };
  await withFolder(files, async (root) => {
    const heard: number[] = [];
    await openDataset(root, { onRows: (rows) => heard.push(rows) });
    assert.deepEqual(heard, heard.toSorted((a, b) => a - b));
    assert.equal(heard.at(-1), many + 6 + 1, String(heard));
    assert.ok(heard.includes(many) && heard[0]! > 0 && heard[0]! < many, String(heard));
  });
});

Deno.test("openDataset() refuses a box file that is not one", async () => {
  const wild = { "list_attr_celeba.txt": officialLabels(1), "img_celeba/": "" };
  const heading = "image_id x_1 y_1 width height\n";
  const bad: [string, RegExp][] = [
    ["image_id x_1 y_1 width\n000001.jpg 1 2 3\n", /txt:1: the column height is missing/],
    [heading + "000001.jpg 1 2 3\n", /txt:2: the row has 4 cells, not 5/],
    [heading + "000001.jpg 1 2 3 4 5\n", /txt:2: the row has more than 5/],
    [heading + "000001.jpg 1 2 x 4\n", /txt:2: a number is needed, found "x"/],
  ];
  for (const [text, message] of bad) {
    await checkRefused({ ...wild, "list_bbox_celeba.txt": text }, SyntaxError, message);
  }
});

Deno.test("openDataset() says what it looked for when something is missing", async () => {
  const { NotFound } = Deno.errors;
  await withFolder({}, async (root) => {
    await assert.rejects(openDataset(join(root, "nowhere")), /There is no folder .*nowhere/);
  });
  await checkRefused(
    { "img_align_celeba/": "" },
    NotFound,
    /no label file .*list_attr_celeba\.txt/,
  );
  await checkRefused(
    { "list_attr_celeba.txt": officialLabels(2) },
    NotFound,
    /no images .*img_align_celeba.*for 000001\.jpg/,
  );
  await checkRefused(FLAT, NotFound, /no label file nowhere\.csv/, { labels: "nowhere.csv" });
  await withFolder({ "file.txt": "" }, async (root) => {
    await assert.rejects(openDataset(join(root, "file.txt")), Deno.errors.NotADirectory);
  });
});

Deno.test("openDataset() refuses a partition file that is wrong, with its line", async () => {
  const good = partitionText(SIX_NUMBERS);
  const bad: [string, RegExp][] = [
    [good.replace("4.jpg 2", "4.jpg 3"), /partition\.txt:4: 0 \(train\).*found "3"/],
    [good.replace("4.jpg 2", "4.jpg"), /:4: the row has 1 cells, not 2/],
    [good.replace("4.jpg 2", "4.jpg 2 2"), /:4: the row has more than 2/],
    [good.replace("000004", "000002"), /:4: 000002\.jpg has a row further up/],
    [good.replace("000004", "../4"), /:4: .*leads out/],
    ["image_id evaluation\n" + good, /:1: .*called partition or split/],
    [good.replaceAll("0000", "9999"), /partition\.txt: no split .* 000001\.jpg, nor for any other/],
  ];
  for (const [text, message] of bad) {
    await checkRefused({ ...FLAT, "list_eval_partition.txt": text }, SyntaxError, message);
  }
});

Deno.test("openDataset() refuses a wrong label file and a seed that is no whole number", async () => {
  await checkRefused(
    { ...FLAT, "list_attr_celeba.txt": officialLabels(6, { count: 7 }) },
    SyntaxError,
    /txt:1: .* 7 rows, but it has 6/,
  );
  await checkRefused(
    { ...FLAT, "list_eval_partition.txt": "" },
    SyntaxError,
    /before its first row/,
  );
  const { "list_eval_partition.txt": _, ...files } = FLAT;
  await checkRefused(files, RangeError, /seed must be a whole number, it is 1.5/, { seed: 1.5 });
});

Deno.test("openDataset() stops when it is told to", async () => {
  await withFolder(FLAT, async (root) => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(openDataset(root, { signal }), /enough/);
    const dataset = await openDataset(root);
    await assert.rejects(Array.fromAsync(dataset.records({ signal })), /enough/);
  });
});

Deno.test("Dataset.records() yields one split, and shards that concatenate to the whole", async () => {
  await withFolder(FLAT, async (root) => {
    const dataset = await openDataset(root);
    const names = async (options?: RecordOptions) =>
      (await Array.fromAsync(dataset.records(options))).map((record) => record.image);
    assert.deepEqual(await names({ split: "test" }), ["000004.jpg", "000006.jpg"]);
    assert.deepEqual(await names({ split: "train", shard: { index: 2, count: 2 } }), [
      "000003.jpg",
      "000005.jpg",
    ]);
    for (const split of [undefined, "train", "validation", "test"] as const) {
      const whole = await names({ split });
      for (const count of [1, 2, 3, 4, 7]) {
        const parts: string[] = [];
        for (let index = 1; index <= count; index++) {
          parts.push(...await names({ split, shard: { index, count } }));
        }
        assert.deepEqual(parts, whole, `${split} in ${count} shards`);
      }
    }
    await assert.rejects(names({ shard: { index: 0, count: 2 } }), /no part 0 of 2/);
    await assert.rejects(names({ shard: { index: 3, count: 2 } }), RangeError);
  });
});

Deno.test("shardRange() makes parts whose sizes differ by at most one", () => {
  for (const [total, count] of [[0, 3], [1, 3], [10, 4], [202599, 7], [202599, 1000]] as const) {
    let end = 0;
    const sizes = new Set<number>();
    for (let index = 1; index <= count; index++) {
      const [from, to] = shardRange(total, { index, count });
      assert.equal(from, end);
      sizes.add(to - from);
      end = to;
    }
    assert.equal(end, total);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${total} in ${count}`);
  }
});

Deno.test("imagesIn() finds images in natural order, without labels", async () => {
  const files = {
    "10.jpg": "",
    "2.JPG": "",
    "sub/b.jpeg": "",
    "sub/deep/a.png": "",
    "notes.txt": "",
    ".hidden.jpg": "",
    "__MACOSX/2.jpg": "",
    "x.jpg/": "",
  };
  await withFolder(files, async (root) => {
    await Deno.symlink("..", join(root, "sub", "circle"));
    await Deno.symlink("nowhere.jpg", join(root, "broken.jpg"));
    const records = await Array.fromAsync(imagesIn(root));
    const names = records.map((record) => record.image);
    assert.deepEqual(names, ["2.JPG", "10.jpg", "sub/b.jpeg", "sub/deep/a.png"]);
    assert.deepEqual(records[3], {
      image: "sub/deep/a.png",
      path: join(root, "sub/deep/a.png"),
      split: null,
      labels: null,
      size: null,
      box: null,
      points: null,
      rejected: null,
    });
    const second = await Array.fromAsync(imagesIn(root, { shard: { index: 2, count: 2 } }));
    assert.deepEqual(second.map((record) => record.image), names.slice(2));
  });
});

Deno.test("imagesIn() refuses a folder that is missing or holds no image", async () => {
  await withFolder({ "notes.txt": "" }, async (root) => {
    await assert.rejects(Array.fromAsync(imagesIn(root)), /no picture in the folder/);
    await assert.rejects(Array.fromAsync(imagesIn(join(root, "nowhere"))), /There is no folder/);
    await assert.rejects(Array.fromAsync(imagesIn(join(root, "notes.txt"))), /is a file/);
  });
});

Deno.test("openDataset() reads the complete official files", async () => {
  const labels = await realData("celeba-annotations", "list_attr_celeba.zip");
  const partition = await realData("celeba-annotations", "list_eval_partition.txt.gz");
  if (labels === null || partition === null) return;
  await withFolder({ "Anno/": "", "Eval/": "", "Img/img_align_celeba/": "" }, async (root) => {
    await unzipTo(labels, join(root, "Anno", "list_attr_celeba.txt"));
    await gunzipTo(partition, join(root, "Eval", "list_eval_partition.txt"));
    const dataset = await openDataset(root);
    assert.equal(dataset.count, 202599);
    assert.deepEqual(dataset.counts, { train: 162770, validation: 19867, test: 19962 });
    assert.equal(dataset.labelled.images.used, 202599);
    assert.deepEqual([dataset.labelled.images.leftOut, dataset.placed.leftOut], [[], []]);
    assert.equal(dataset.record("162770.jpg")?.split, "train");
    assert.equal(dataset.record("162771.jpg")?.split, "validation");
    assert.equal(dataset.record("182638.jpg")?.split, "test");
    for await (const { image } of dataset.records({ split: "test" })) {
      assert.equal(image, "182638.jpg");
      break;
    }
  });
});

Deno.test("openDataset() reads the small real set, and every image is where the record says", async () => {
  const root = await realData("celeba-small");
  if (root === null) return;
  const dataset = await openDataset(root);
  assert.deepEqual(dataset.counts, { train: 1800, validation: 300, test: 300 });
  for await (const { path } of dataset.records({ split: "test", shard: { index: 1, count: 10 } })) {
    assert.ok((await Deno.stat(path)).isFile, path);
  }
});
