import assert from "node:assert/strict";
import { openDataset } from "../../../pipeline/dataset.ts";
import {
  csvLabels,
  type Files,
  officialLabels,
  partitionText,
  withFolder,
} from "../../fixtures/dataset_folder.ts";

const WILD: Files = { "list_attr_celeba.txt": officialLabels(4), "img_celeba/": "" };

/** Split and left side of the box of every face. */
async function placesIn(files: Files): Promise<unknown[]> {
  let places: unknown[] = [];
  await withFolder({ ...WILD, ...files }, async (root) => {
    const records = await Array.fromAsync((await openDataset(root)).records());
    places = records.map(({ split, box }) => [split, box?.x ?? null]);
  });
  return places;
}

/** A box file of images whose boxes begin at 1, 2, 3, … */
function boxText(...images: string[]): string {
  const rows = images.map((image, at) => `${image} ${at + 1} 71 226 313\n`);
  return `${images.length}\nimage_id x_1 y_1 width height\n${rows.join("")}`;
}

Deno.test("openDataset() gives faces the splits and boxes of names in another case or with another ending", async () => {
  const partition = partitionText([0, 1, 2, 0]);
  assert.deepEqual(
    await placesIn({
      "list_eval_partition.txt": partition.replaceAll(".jpg", ".png"),
      "list_bbox_celeba.txt": boxText("000001.JPG", "000002.jpg", "000003.png", "000005.jpg"),
    }),
    [["train", 1], ["validation", 2], ["test", 3], ["train", null]],
  );
});

Deno.test("openDataset() takes the row of the very name before others, and none of another stem", async () => {
  assert.deepEqual(
    await placesIn({
      "list_eval_partition.txt": "000001.png 2\n000001.jpg 0\n000002.jpg 1\n0003.png 2\n04.jpg 2\n",
      "list_bbox_celeba.txt": boxText("000001.jpg", "000001.png", "03.jpg"),
    }),
    [["train", 1], ["validation", null], [null, null], [null, null]],
  );
});

Deno.test("openDataset() counts the images that a partition names in none of these ways", async () => {
  const partition = partitionText([0, 1, 2, 0, 0, 0]).replaceAll(".jpg", ".png");
  await withFolder({ ...WILD, "list_eval_partition.txt": partition }, async (root) => {
    const { counts, labelled } = await openDataset(root);
    assert.deepEqual(counts, { train: 2, validation: 1, test: 1 });
    assert.deepEqual(labelled.images.leftOut.flatMap(({ first }) => first), [
      "000005.png",
      "000006.png",
    ]);
  });
});

Deno.test("openDataset() refuses tables in which several rows or faces may be meant", async () => {
  const boxes = boxText("000001.png", "000001.bmp");
  const partition = "000002.jpg 0\n000001.png 1\n000001.JPG 1\n";
  const [heading, first, second] = csvLabels(2).split("\n");
  const alike = [heading, first, second!.replace("000002.jpg", "000001.bmp")].join("\n");
  const bad: [Files, RegExp][] = [
    [
      { "list_bbox_celeba.txt": boxes },
      /bbox_celeba\.txt: it names both 000001\.png and 000001\.bmp in place of 000001\.jpg: which is meant\?$/,
    ],
    [
      { "list_eval_partition.txt": partition },
      /partition\.txt: it names both 000001\.png and 000001\.JPG in place of 000001\.jpg: which/,
    ],
    [
      { "list_attr_celeba.txt": alike, "list_eval_partition.txt": "000001.png 0\n" },
      /partition\.txt: it names 000001\.png in place of 000001\.jpg and 000001\.bmp: which is meant\?$/,
    ],
  ];
  for (const [files, message] of bad) {
    await assert.rejects(
      placesIn(files),
      (error: Error) => error instanceof SyntaxError && message.test(error.message),
    );
  }
});
