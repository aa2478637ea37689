/** Folders in which pictures of all kinds lie among other files, some of which cannot be read. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { imagesIn } from "../../../pipeline/dataset.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { rejectedPath } from "../../../pipeline/landmarks.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { COLOUR } from "../../fixtures/jpeg_files.ts";
import { PICTURE_FILES } from "../../fixtures/picture_files.ts";
import { outcomeOf, ROOT } from "../../processes/task_command.ts";

const HEIC = new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0mif1heic");
const TEXT = new TextEncoder().encode("name,x_0\n");

/** Files, in the order in which they are found, and the reason for those that are not used. */
const FILES: readonly [name: string, bytes: Uint8Array, fate: "used" | "passed over" | RegExp][] = [
  ["1.JPG", COLOUR, "used"],
  ["2.webp", PICTURE_FILES["WebP, lossy"]!, "used"],
  ["3.avif", PICTURE_FILES["AVIF"]!, "used"],
  ["4.gif", PICTURE_FILES["GIF"]!, "used"],
  ["5.tif", PICTURE_FILES["TIFF"]!, "used"],
  ["6.bmp", PICTURE_FILES["BMP, 24 bits"]!, "used"],
  ["7.jfif", COLOUR, "used"],
  ["8", COLOUR, "used"],
  ["9.heic", HEIC, /^HEIC pictures are not read \(AVIF, .* WebP are\)$/],
  ["10", HEIC, /^HEIC/],
  ["11.jp2", TEXT, /^JPEG 2000/],
  [
    "12.bak",
    COLOUR,
    /^its name does not end as a picture's \(\.bak, and it is of the kind JPEG\)$/,
  ],
  ["13.txt", COLOUR, "passed over"],
  ["14", TEXT, "passed over"],
  ["15.dat", TEXT, "passed over"],
  ["16.nef", PICTURE_FILES["TIFF"]!, /^camera raw/],
  ["below/deep/photo", PICTURE_FILES["WebP, lossless"]!, "used"],
];

async function writeFiles(folder: string): Promise<void> {
  for (const [name, bytes] of FILES) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeFile(join(folder, name), bytes);
  }
}

/** Holds what was found, by name and reason, against {@linkcode FILES}. */
function assertFound(found: readonly { name: string; reason: string | null }[]): void {
  const expected = FILES.filter(([, , fate]) => fate !== "passed over");
  assert.deepEqual(found.map(({ name }) => name), expected.map(([name]) => name));
  for (const [i, [name, , fate]] of expected.entries()) {
    const { reason } = found[i]!;
    if (fate instanceof RegExp) assert.match(reason ?? "", fate, name);
    else assert.equal(reason, null, name);
  }
}

Deno.test("imagesIn() and findImages() name every file of a folder that looks like a picture", () =>
  inFolder(async (folder) => {
    await writeFiles(folder);
    const records = await Array.fromAsync(imagesIn(folder));
    assertFound(records.map(({ image, rejected }) => ({ name: image, reason: rejected })));
    const places = await Array.fromAsync(findImages([folder]));
    assertFound(places.map(({ name, rejected = null }) => ({ name, reason: rejected })));
  }));

Deno.test("landmarks reads a folder past one that it may not read, and says so", () =>
  inFolder(async (folder) => {
    const images = join(folder, "images");
    const [closed, out] = [join(images, "closed"), join(folder, "out.csv")];
    await Deno.mkdir(closed, { recursive: true });
    for (const name of ["closed/face.jpg", "1.heic", "2.heic", "3.jp2", "tiny"]) {
      await Deno.writeFile(join(images, name), COLOUR);
    }
    const { code, err } = await withoutReading(
      closed,
      "landmarks",
      "--images",
      images,
      "--out",
      out,
    );
    assert.equal(code, 0, err);
    assert.match(err, /^closed: the folder cannot be read: /m);
    const counted =
      "4 of 5 files cannot be used: HEIC pictures are not read (2), JPEG 2000 pictures " +
      "are not read (1), the folder cannot be read (1)\n";
    assert.ok(err.includes(counted), err);
    const rejections = (await Deno.readTextFile(rejectedPath(out))).trimEnd().split("\n")
      .map((line) => JSON.parse(line) as { image: string; reason: string });
    assert.deepEqual(rejections.map(({ image }) => image), [
      ...["1.heic", "2.heic", "3.jp2", "closed", "tiny"],
    ]);
    assert.equal(rejections.at(-1)!.reason, "no face found");
  }));

/** Runs a task that may not read a folder, whoever runs the tests. */
async function withoutReading(folder: string, ...[task, ...args]: ["landmarks", ...string[]]) {
  const [, run = "", ...words] = config.tasks[task].command.split(" ");
  const options = { args: [run, `--deny-read=${folder}`, ...words, ...args], cwd: ROOT };
  return await outcomeOf(new Deno.Command(Deno.execPath(), { ...options, stdin: "null" }));
}
