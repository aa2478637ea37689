/** Files whose names differ from those in the label file. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Dataset, openDataset } from "../../../pipeline/dataset.ts";
import { bareName } from "../../../pipeline/image/image_name.ts";
import { realData } from "../../contexts/real_data.ts";
import {
  csvLabels,
  type Files,
  imageName,
  officialLabels,
  testBits,
  withFolder,
} from "../../fixtures/dataset_folder.ts";

/** Empty files of these names. */
function empty(folder: string, names: readonly string[]): Files {
  return Object.fromEntries(names.map((name) => [folder + name, ""]));
}

/** Checks which files are the faces', in the order of the label file, and which images have no labels. */
async function checkFiles(
  files: Files,
  paths: readonly string[],
  others: readonly string[] = [],
): Promise<void> {
  await withFolder(files, async (root) => {
    const dataset = await openDataset(root);
    const records = await Array.fromAsync(dataset.records());
    assert.deepEqual(records.map(({ path }) => path), paths.map((path) => `${root}/${path}`));
    assert.deepEqual(records.map(({ labels }) => labels), records.map((_, at) => testBits(at + 1)));
    assert.deepEqual(dataset.labelled.images.leftOut.flatMap(({ first }) => first), others);
  });
}

async function checkRefused(files: Files, message: RegExp): Promise<void> {
  await withFolder(files, async (root) => {
    await assert.rejects(openDataset(root), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("openDataset() finds the files of CelebA's PNG archive, whose labels say .jpg", async () => {
  const names = ["000001.png", "000002.png"];
  const labels = { "list_attr_celeba.txt": officialLabels(2) };
  for (
    const folder of ["img_align_celeba_png/", "Img/img_align_celeba_png/", "img_align_celeba/"]
  ) {
    await checkFiles({ ...labels, ...empty(folder, names) }, names.map((name) => folder + name));
  }
  await withFolder({ ...labels, ...empty("img_align_celeba_png/", names) }, async (root) => {
    const dataset = await openDataset(root);
    assert.equal(dataset.layout, "celeba-aligned");
    assert.equal(dataset.record("000002.jpg")?.image, "000002.jpg", "as the label file spells it");
    assert.equal(dataset.record("000002.png"), null);
  });
});

Deno.test("openDataset() finds files whose names differ in case or ending", async () => {
  const labels = csvLabels(4).replace("000003.jpg", "Three.JPG").replace("000004.jpg", "four");
  const names = ["000001.JPG", "000002.jpeg", "tHREE.webp", "Four.png"];
  await checkFiles(
    { "list_attr.csv": labels, ...empty("img_celeba/", names) },
    names.map((name) => `img_celeba/${name}`),
  );
  // Of a folder that has no known name, too.
  for (const folder of ["images/", "img/", ""]) {
    const files = { "list_attr.csv": labels, ...empty(folder, names) };
    await checkFiles(files, names.map((name) => folder + name));
  }
});

Deno.test("openDataset() finds such files in folders that the label file names", () =>
  checkFiles(
    {
      "list_attr.csv": csvLabels(2).replace("000001.jpg", "Ann\\1.jpg").replace(
        "000002.jpg",
        "Bo/1.jpg",
      ),
      ...empty("", ["Ann/1.PNG", "Ann/2.PNG", "Bo/1.JPG"]),
    },
    ["Ann/1.PNG", "Bo/1.JPG"],
    ["Ann\\2.PNG"],
  ));

Deno.test("openDataset() takes the file of the very name, and no file that is no picture", () =>
  checkFiles(
    {
      "list_attr.csv": csvLabels(3),
      "img_celeba/000002.png/": "",
      ...empty("img_celeba/", [
        "000001.JPG",
        "000001.jpg",
        "000001.png",
        "000002.txt",
        "000003.heic",
      ]),
    },
    [1, 2, 3].map((face) => `img_celeba/${imageName(face)}`),
    ["000001.JPG", "000001.png"],
  ));

Deno.test("openDataset() refuses files and names of which several may be meant", async () => {
  const labels = { "list_attr.csv": csvLabels(2) };
  const two = { ...labels, ...empty("img_celeba/", ["000001.PNG", "000001.webp", "000002.jpg"]) };
  await checkRefused(
    two,
    /csv names 000001\.jpg, but .*img_celeba holds both 000001\.PNG and 000001\.webp instead/,
  );
  await checkFiles({ ...two, "img_celeba/000001.jpg": "" }, [
    "img_celeba/000001.jpg",
    "img_celeba/000002.jpg",
  ], ["000001.PNG", "000001.webp"]);
  const names = { "list_attr.csv": csvLabels(2).replace("000002.jpg", "000001.JPG") };
  await checkRefused(
    { ...names, "img_celeba/000001.png": "" },
    /csv names 000001\.jpg and 000001\.JPG, but .*img_celeba holds 000001\.png instead/,
  );
});

Deno.test("openDataset() refuses images of which a label file names none, in whatever case", () =>
  checkRefused(
    { "list_attr.csv": csvLabels(2), ...empty("img_celeba/", ["b.PNG", "a.PNG"]) },
    /no labels for the images .* such as a\.PNG; it names 000001\.jpg/,
  ));

Deno.test("openDataset() rejects such a file if it is a link that leads out", async () => {
  const files = { "set/list_attr.csv": csvLabels(1), "set/img_celeba/": "", "1.png": "" };
  await withFolder(files, async (root) => {
    await Deno.symlink(join(root, "1.png"), join(root, "set/img_celeba/000001.PNG"));
    const rejected = (dataset: Dataset) => dataset.record("000001.jpg")?.rejected;
    assert.match(rejected(await openDataset(join(root, "set"))) ?? "", /link that leads out/);
    assert.equal(rejected(await openDataset(join(root, "set"), { followLinks: true })), null);
  });
});

Deno.test("bareName() leaves out a picture's ending and the case, but not of folders", () => {
  const cases = [
    ["000001.JPG", "000001"],
    ["Ann\\B.x.png", "Ann\\b.x"],
    ["A.png/B", "A.png/b"],
    ["v1.2", "v1.2"],
    [".png", ".png"],
  ] as const;
  for (const [name, bare] of cases) assert.equal(bareName(name), bare, name);
});

for (const layout of ["png", "upper", "extracol", "lowcase", "tv", "maskhq"]) {
  Deno.test(`openDataset() finds every image of six real faces as others ship them: ${layout}`, async () => {
    const root = await realData("cases", "layouts", layout);
    if (root === null) return;
    const dataset = await openDataset(root);
    assert.equal(dataset.count, 6);
    for await (const { path } of dataset.records()) assert.ok((await Deno.stat(path)).isFile, path);
    assert.deepEqual(dataset.labelled.images.leftOut, []);
  });
}
