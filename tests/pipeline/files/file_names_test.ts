/** Image files with names that a terminal, a table, a spreadsheet or a page would take for something else. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { imagesIn } from "../../../pipeline/dataset.ts";
import { nameFromTable, nameInTable } from "../../../pipeline/image/image_name.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { encodePng } from "../../../pipeline/image/image.ts";
import {
  joinLandmarks,
  openJournal,
  readLandmarks,
  rejectedPath,
} from "../../../pipeline/landmarks.ts";
import { PredictionFile } from "../../../pipeline/predict/prediction_file.ts";
import { jsonLine } from "../../../pipeline/files/quoted.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { readRecords, writeRecords } from "../../../pipeline/face/record_json.ts";
import { report } from "../../../pipeline/report.ts";
import { html } from "../../../pipeline/report/html.ts";
import { PictureSource } from "../../../pipeline/report/faces/picture_source.ts";
import { writeRun } from "../../endurance/fuzz/run_files.ts";
import { inFolder, pointsFrom, run } from "../../fixtures/face_records.ts";
import { COLOUR } from "../../fixtures/jpeg_files.ts";

/** Names that are odd and can be used. */
const ODD = [
  "=cmd|'/c calc'!A0.jpg",
  "+1-1.jpg",
  "-f.jpg",
  "@SUM(1,1).jpg",
  "＝1.jpg",
  'a "b".jpg',
  "a, b;c.jpg",
  "'a'.jpg",
  " a .jpg",
  "<script>alert(1)</script>.jpg",
  "<img src=x onerror=&quot;.jpg",
  "ä♥.jpg",
  "%2e%2e.jpg",
  "#2.jpg",
  "deep/=1.jpg",
].map((name) => Deno.build.os === "windows" ? name.replaceAll(/[<>|"?*:]/g, "") : name);

/** Names that nothing which is written could hold. */
const BAD = [
  "esc\x1b[2J.jpg",
  "line\nfeed.jpg",
  "return\r.jpg",
  "tab\t.jpg",
  "\x9bc1.jpg",
  "del\x7f.jpg",
];

async function writeImages(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeFile(join(folder, name), COLOUR);
  }
}

/** Gives every record that is not rejected points. */
async function* placed(records: AsyncIterable<FaceRecord>): AsyncGenerator<FaceRecord> {
  for await (const record of records) {
    yield record.rejected === null ? { ...record, points: pointsFrom(1) } : record;
  }
}

// deno-lint-ignore no-control-regex
const ACTIVE = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

Deno.test("odd names of images go through a landmarks file and back; others are rejected", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (folder) => {
    const images = join(folder, "images");
    await writeImages(images, [...ODD, ...BAD]);
    for (const name of ["out.csv", "out.ndjson"]) {
      const out = join(folder, name);
      {
        await using journal = await openJournal(out, { images });
        await Array.fromAsync(journal.write(placed(journal.resume(imagesIn(images)))));
      }
      const text = await Deno.readTextFile(out);
      assert.doesNotMatch(text, ACTIVE);
      assert.doesNotMatch(text, /^["']?[=+@-]/m, "a cell is a formula");
      const rows = await Array.fromAsync(readLandmarks(out));
      assert.deepEqual(rows.map(({ image }) => image).sort(), ODD.toSorted());
      const rejections = await Deno.readTextFile(rejectedPath(out));
      assert.doesNotMatch(rejections, ACTIVE);
      const rejected = rejections.trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(rejected.map(({ image }) => image).sort(), BAD.toSorted());
      for (const { reason } of rejected) {
        assert.equal(reason, "its name holds a control character");
      }
      const lines = await Array.fromAsync(writeRecords()(placed(imagesIn(images))));
      const bytes = ReadableStream.from(lines).pipeThrough(new TextEncoderStream());
      const read = await Array.fromAsync(readRecords(bytes, "stdin"));
      assert.equal(read.length, ODD.length + BAD.length, "all records are read again");
      const joined = await run(joinLandmarks(out), await Array.fromAsync(imagesIn(images)));
      assert.equal(joined.filter(({ points }) => points !== null).length, ODD.length);
    }
  }));

Deno.test("odd names of images go into predictions; others have the reason", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (folder) => {
    const images = join(folder, "images");
    await writeImages(images, [...ODD, ...BAD]);
    const places = await Array.fromAsync(findImages([images]));
    const rejected = places.filter((place) => place.rejected !== undefined);
    assert.deepEqual(rejected.map(({ name }) => name).sort(), BAD.toSorted());
    for (const ending of [".csv", ".ndjson"]) {
      const out = join(folder, `predictions${ending}`);
      {
        await using file = await PredictionFile.open(out, ["Bald"]);
        for (const { path: image, name, rejected } of places) {
          await file.write(
            rejected === undefined
              ? { image, name, probabilities: { Bald: 0.5 }, attributes: [] }
              : { image, name, rejected },
          );
        }
        await file.commit();
      }
      const text = await Deno.readTextFile(out);
      assert.doesNotMatch(text, ACTIVE);
      assert.doesNotMatch(text, /^["']?[=+@-]/m);
    }
  }));

Deno.test("nameFromTable() gives back what nameInTable() was given", () => {
  const names = [...ODD, "./=1.jpg", "././=1.jpg", "./a.jpg", "a/=b.jpg", ".=1.jpg", "000001.jpg"];
  for (const name of names) {
    const cell = nameInTable(name);
    assert.equal(nameFromTable(cell), name);
    assert.doesNotMatch(cell, /^[=+\-@＝]/);
  }
  assert.equal(nameInTable("=1.jpg"), "./=1.jpg");
  assert.equal(nameInTable("000001.jpg"), "000001.jpg");
});

Deno.test("pages and lines of JSON hold no character that a terminal would act on", () => {
  const name = "a\x1b[2J\x9b\u202e<b>\n.jpg";
  assert.equal(html`<b>${name}</b>`.text, "<b>a\\u001b[2J\\u009b\\u202e&lt;b&gt;\n.jpg</b>");
  const line = jsonLine({ name });
  assert.doesNotMatch(line, ACTIVE);
  assert.deepEqual(JSON.parse(line), { name });
});

Deno.test("report() shows pictures of the data set, and others only where that is asked for", () =>
  inFolder(async (folder) => {
    const [made, faces, elsewhere] = ["run", "faces", "elsewhere"].map((name) =>
      join(folder, name)
    ) as [string, string, string];
    await writeRun(made);
    const picture = { width: 2, height: 2, data: new Uint8Array(12).fill(77) };
    const bytes = await encodePng(picture);
    for (const place of [faces, elsewhere]) {
      await Deno.mkdir(place);
      await Deno.writeFile(join(place, "0.jpg"), bytes);
    }
    const config = JSON.parse(await Deno.readTextFile(join(made, "config.json")));
    const shown = async (pictures: string, dataset: string, images?: string[]) => {
      for (const name of ["samples.json", "extremes.json"]) {
        const text = await Deno.readTextFile(join(made, name));
        const path = JSON.stringify(join(pictures, "0.jpg"));
        const moved = text.replaceAll(/("path": ?)"[^"]*"/g, (_, key) => key + path);
        await Deno.writeTextFile(join(made, name), moved);
      }
      const data = { ...config.data, dataset };
      await Deno.writeTextFile(join(made, "config.json"), JSON.stringify({ ...config, data }));
      const page = await Deno.readTextFile(await report({ run: made, ...(images && { images }) }));
      const isShown = page.includes(bytes.toBase64());
      assert.equal(isShown, !page.includes("image not in the data set&#39;s folder"));
      return isShown;
    };
    // A folder without labels is no data set, whatever a run says.
    assert.equal(await shown(faces, faces), false);
    await Deno.writeTextFile(join(faces, "list_attr_celeba.txt"), "0\n");
    assert.equal(await shown(faces, faces), true);
    assert.equal(await shown(elsewhere, faces), false);
    assert.equal(await shown(elsewhere, faces, [elsewhere]), true);
    assert.equal(await shown(join(faces, "..", "elsewhere"), faces), false);
    if (Deno.build.os === "windows") return;
    await Deno.symlink(elsewhere, join(faces, "link"));
    assert.equal(await shown(join(faces, "link"), faces), false, "by a link");
    const source = await PictureSource.open({ path: made, data: { dataset: "/" } });
    assert.equal((await source.picture(join(elsewhere, "0.jpg"))).uri, null);
  }));
