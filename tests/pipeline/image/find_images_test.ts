import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { findImages, type FindOptions } from "../../../pipeline/image/find_images.ts";
import { filesBelow } from "../../../pipeline/files/folder_files.ts";

const FILES = [
  "a/10.jpg",
  "a/2.jpg",
  "a/notes.txt",
  "a/.hidden.jpg",
  "a/deep/er/1.PNG",
  "b/2.jpg",
  "b/[x].jpeg",
];

/** Runs a test in a folder that holds {@linkcode FILES} and is gone at its end. */
async function inTree(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "find-images-" });
  try {
    for (const file of FILES) {
      await Deno.mkdir(dirname(join(root, file)), { recursive: true });
      await Deno.writeTextFile(join(root, file), "");
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function namesOf(given: string[], options?: FindOptions): Promise<string[]> {
  return (await Array.fromAsync(findImages(given, options))).map(({ name }) => name);
}

const bytes = (text: string) => new Blob([text]).stream();

Deno.test("findImages() walks folders in natural order, and takes files as they are", () =>
  inTree(async (root) => {
    const images = await Array.fromAsync(findImages([join(root, "a")]));
    assert.deepEqual(images.map(({ name }) => name), ["2.jpg", "10.jpg", "deep/er/1.PNG"]);
    assert.equal(images[0]!.path, join(root, "a", "2.jpg"));
    assert.deepEqual(await namesOf([join(root, "a", "notes.txt")]), ["notes.txt"]);
  }));

Deno.test("findImages() names images below the folder that holds all that was named", () =>
  inTree(async (root) => {
    const [a, b] = [join(root, "a"), join(root, "b")];
    assert.deepEqual(await namesOf([join(b, "2.jpg"), join(a, "2.jpg")]), ["b/2.jpg", "a/2.jpg"]);
    const of = await namesOf([b, join(a, "deep", "**"), a]);
    assert.deepEqual(of.slice(0, 3), ["b/[x].jpeg", "b/2.jpg", "a/deep/er/1.PNG"]);
  }));

Deno.test("findImages() expands patterns, and enters only folders in which files may fit", () =>
  inTree(async (root) => {
    assert.deepEqual(await namesOf([join(root, "*/2.jpg")]), ["a/2.jpg", "b/2.jpg"]);
    assert.deepEqual(
      await namesOf([join(root, "**/*.{jpg,PNG}")]),
      ["a/2.jpg", "a/10.jpg", "a/deep/er/1.PNG", "b/2.jpg"],
    );
    assert.deepEqual(await namesOf([join(root, "a/*.[jt]*")]), ["2.jpg", "10.jpg", "notes.txt"]);
    // A name that is there is no pattern.
    assert.deepEqual(await namesOf([join(root, "b/[x].jpeg")]), ["[x].jpeg"]);
  }));

Deno.test("filesBelow() looks only into folders that are entered", () =>
  inTree(async (root) => {
    const asked: string[] = [];
    const enters = (name: string) => asked.push(name) > 0 && name !== "a/deep";
    const files = await Array.fromAsync(filesBelow(root, undefined, enters));
    assert.deepEqual(files, ["a/2.jpg", "a/10.jpg", "a/notes.txt", "b/[x].jpeg", "b/2.jpg"]);
    assert.deepEqual(asked, ["a", "a/deep", "b"]);
  }));

Deno.test("findImages() takes paths from a stream, whether there are such files or not", async () => {
  const stdin = bytes("photos/1.jpg\r\n\n../two words.jpg\n/abs/3.jpg");
  const images = await Array.fromAsync(findImages(["-"], { stdin }));
  assert.deepEqual(images.map(({ path }) => path), [
    "photos/1.jpg",
    "../two words.jpg",
    "/abs/3.jpg",
  ]);
  assert.equal(images[0]!.name, "photos/1.jpg");
  assert(images.every(({ name }) => !name.includes("..") && !name.startsWith("/")));
  assert.deepEqual(await namesOf(["-"], { stdin: bytes("\n") }), []);
  await assert.rejects(namesOf(["-"]), { name: "TypeError" });
});

Deno.test("findImages() looks at every name before it yields, and says what is missing", () =>
  inTree(async (root) => {
    const found: string[] = [];
    await assert.rejects(async () => {
      for await (const { name } of findImages([join(root, "a"), "nowhere.jpg"])) found.push(name);
    }, { name: "NotFound", message: "There is no image file or folder nowhere.jpg" });
    assert.deepEqual(found, []);
    await assert.rejects(namesOf([join(root, "no/*.jpg")]), /no file that fits the pattern/);
    await Deno.mkdir(join(root, "empty"));
    await assert.rejects(namesOf([join(root, "empty")]), /no picture in/);
  }));
