/**
 * Names and links by which a data set from somebody else would lead out of its folder.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { imagesIn, openDataset } from "../../../pipeline/dataset.ts";
import { boxesIn } from "../../../pipeline/dataset/boxes.ts";
import { imageNameFault } from "../../../pipeline/image/image_name.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { readLandmarks } from "../../../pipeline/landmarks.ts";
import { stemOfFace } from "../../../pipeline/face/face_name.ts";
import { schemaOf } from "../../../pipeline/files/schema.ts";
import { readRecords, toJson } from "../../../pipeline/face/record_json.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { csvLabels, partitionText, withFolder } from "../../fixtures/dataset_folder.ts";
import { pointsFrom, recordOf } from "../../fixtures/face_records.ts";
import { LANDMARKS } from "../../endurance/fuzz/tables.ts";

/** Names that are refused, with the end of the reason. */
const HOSTILE: readonly [name: string, fault: RegExp][] = [
  ["../1.jpg", /leads out of the image folder$/],
  ["a/../../1.jpg", /leads out of the image folder$/],
  ["..\\1.jpg", /leads out of the image folder$/],
  ["..", /leads out of the image folder$/],
  ["/etc/passwd", /is an absolute path$/],
  ["\\\\server\\1.jpg", /is an absolute path$/],
  ["C:\\1.jpg", /is an absolute path$/],
  ["c:1.jpg", /is an absolute path$/],
  [".", /is the name of a folder$/],
  ["a/", /is the name of a folder$/],
  ["", /is empty$/],
  ["1\0.jpg", /holds a control character$/],
  ["1\x1b[2J.jpg", /holds a control character$/],
  ["1\x9b2J.jpg", /holds a control character$/],
  ["x".repeat(256), /longer than 255 bytes$/],
  ["x/".repeat(300) + "1.jpg", /longer than 500 characters$/],
];

Deno.test("imageNameFault() refuses what leads out of the folder, and nothing else", () => {
  for (const [name, fault] of HOSTILE) assert.match(imageNameFault(name) ?? "", fault, name);
  for (const name of ["1.jpg", "a/1.jpg", "a\\1.jpg", "..1.jpg", "1..jpg", "ž.jpg", "1.jpg#2"]) {
    assert.equal(imageNameFault(name), null, name);
  }
});

/** The name as a csv cell that all tables read. */
const WRITABLE = HOSTILE.filter(([name]) => name !== "" && !name.includes("\0"));

Deno.test("tables refuse such names, with their line, as short as a line", async () => {
  for (const [name] of WRITABLE) {
    const files = {
      "list_attr.csv": csvLabels(2).replace("000002.jpg", name),
      "landmarks.csv": LANDMARKS[0]!.replace("000002.jpg", name),
      "000001.jpg": "",
    };
    await withFolder(files, async (root) => {
      const refuses = async (work: Promise<unknown>, line: RegExp) => {
        const error = await work.then(() => null, (error) => error);
        assert.ok(error instanceof SyntaxError, `${name}: ${error}`);
        assert.match(error.message, line);
        assert.ok(error.message.length < 300, `${error.message.length} characters`);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(error.message, /[\x00-\x1f\x7f-\x9f]/);
      };
      await refuses(openDataset(root), /list_attr\.csv:3: the image name/);
      const rows = readLandmarks(join(root, "landmarks.csv"));
      await refuses(Array.fromAsync(rows), /landmarks\.csv:3: the image name/);
    });
  }
});

Deno.test("partition and box files may name such images: no path is made of them", async () => {
  const files = {
    "list_attr.csv": csvLabels(2),
    "list_eval_partition.txt": partitionText([0, 1]) + "../x.jpg 2\n",
    "boxes.csv": "image_id,x_1,y_1,width,height\n../x.jpg,1,2,3,4\n",
    "000001.jpg": "",
  };
  await withFolder(files, async (root) => {
    await assert.rejects(openDataset(root), /partition\.txt:3: .* leads out of the image folder/);
    assert.equal((await boxesIn(join(root, "boxes.csv")))("x.jpg"), null);
  });
});

Deno.test("records refuse such names", async () => {
  const line = toJson(recordOf("1.jpg", { points: pointsFrom(1) }));
  for (const [name] of HOSTILE) {
    const text = line.replace('"1.jpg"', JSON.stringify(name));
    assert.ok(text.includes(schemaOf("record")));
    const records = readRecords(new Blob([text]).stream(), "stdin");
    await assert.rejects(Array.fromAsync(records), /^SyntaxError: stdin:1: /, name);
  }
});

Deno.test("stemOfFace() tells the faces of an image apart, in its folder", () => {
  const stems = ["a/1.jpg", "1.jpg", "1.jpg#2", "1.v2.png", ".jpg", "a.b/c"].map(stemOfFace);
  assert.deepEqual(stems, ["a/1", "1", "1#2", "1.v2", ".jpg", "a.b/c"]);
});

Deno.test("findImages() names nothing outside of where results are written", async () => {
  await withFolder({ "a/1.jpg": "", "b/1.jpg": "" }, async (root) => {
    const paths = ["../../../etc/1.jpg", `${root}/a/../b/1.jpg`, "./x/../../y.jpg", "C:/z.jpg"];
    const stdin = new Blob([paths.join("\n")]).stream();
    for await (const { name } of findImages([join(root, "a"), "-"], { stdin })) {
      assert.equal(imageNameFault(name), null, name);
    }
  });
});

/** A data set of three images in `set` beside a folder `away`, and what `test` makes of it. */
async function withLinks(test: (root: string, away: string) => Promise<void>): Promise<void> {
  const files = {
    "set/list_attr.csv": csvLabels(3),
    "set/images/000001.jpg": "",
    "away/000002.jpg": "",
    "away/list_attr.csv": csvLabels(1),
  };
  await withFolder(files, (root) => test(join(root, "set"), join(root, "away")));
}

function rejections(records: readonly FaceRecord[]): (string | null)[] {
  return records.map(({ rejected }) => rejected);
}

const isPosix = Deno.build.os !== "windows";

Deno.test({
  name: "openDataset() rejects images that are links out of it, and reads those within",
  ignore: !isPosix,
  fn: () =>
    withLinks(async (root, away) => {
      await Deno.symlink(join(away, "000002.jpg"), join(root, "images", "000002.jpg"));
      await Deno.symlink("000001.jpg", join(root, "images", "000003.jpg"));
      const dataset = await openDataset(root);
      const reason = `the image is a link that leads out of ${root}, to ${await Deno.realPath(
        join(away, "000002.jpg"),
      )}`;
      const records = await Array.fromAsync(dataset.records());
      assert.deepEqual(rejections(records), [null, reason, null]);
      assert.equal(dataset.record("000002.jpg")?.rejected, reason);
      const followed = await openDataset(root, { followLinks: true });
      const all = await Array.fromAsync(followed.records());
      assert.deepEqual(rejections(all), [null, null, null]);
    }),
});

Deno.test({
  name:
    "openDataset() refuses a folder or a table that is a link out of it; its own folder may be one",
  ignore: !isPosix,
  fn: () =>
    withLinks(async (root, away) => {
      await Deno.rename(join(root, "images"), join(away, "pictures"));
      await Deno.symlink(join(away, "pictures"), join(root, "images"));
      const sentence = /^PermissionDenied: Cannot read .*images: it is a link that leads out of/;
      await assert.rejects(openDataset(root), sentence);
      await assert.rejects(openDataset(root), /to .*pictures \(--follow-links allows that\)$/);
      assert.equal((await openDataset(root, { followLinks: true })).count, 3);
      await Deno.remove(join(root, "images"));
      await Deno.rename(join(away, "pictures"), join(root, "images"));
      await Deno.symlink(root, join(away, "alias"));
      assert.equal((await openDataset(join(away, "alias"))).count, 3);
      await Deno.remove(join(root, "list_attr.csv"));
      await Deno.symlink(join(away, "list_attr.csv"), join(root, "list_attr.csv"));
      await assert.rejects(openDataset(root), /Cannot read .*list_attr\.csv: it is a link/);
      const given = await openDataset(root, { labels: join(away, "list_attr.csv") });
      assert.equal(given.count, 1, "a label file that is given may lie anywhere");
    }),
});

Deno.test({
  name: "imagesIn() rejects links out of the folder, and does not end in circles of links",
  ignore: !isPosix,
  fn: () =>
    withLinks(async (root, away) => {
      const images = join(root, "images");
      await Deno.symlink(join(away, "000002.jpg"), join(images, "000002.jpg"));
      await Deno.symlink("b.jpg", join(images, "a.jpg"));
      await Deno.symlink("a.jpg", join(images, "b.jpg"));
      await Deno.symlink("..", join(images, "up"));
      const sentence = /^PermissionDenied: Cannot read .*up: it is a link that leads out/;
      await assert.rejects(Array.fromAsync(imagesIn(images)), sentence);
      await Deno.remove(join(images, "up"));
      await Deno.symlink(".", join(images, "here"));
      const records = await Array.fromAsync(imagesIn(images));
      assert.deepEqual(records.map(({ image }) => image), ["000001.jpg", "000002.jpg"]);
      assert.match(records[1]!.rejected ?? "", /^the image is a link that leads out of/);
    }),
});
