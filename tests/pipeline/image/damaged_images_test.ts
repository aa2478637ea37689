/** Damaged JPEG files: rejected, or used as far as they go and marked. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { imagesIn, openDataset } from "../../../pipeline/dataset.ts";
import { loadFaces } from "../../../pipeline/face/faces.ts";
import { decodePixels } from "../../../pipeline/image/image.ts";
import { landmarks } from "../../../pipeline/landmarks.ts";
import { readPictures } from "../../../pipeline/predict/pictures.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { fromJson, toJson } from "../../../pipeline/face/record_json.ts";
import { inFolder, recordOf, run, streamOf } from "../../fixtures/face_records.ts";
import { CMYK, encodeJpeg, JPEG_KINDS } from "../../fixtures/jpeg_files.ts";
import { hasOpenCv, runOpenCv } from "../../contexts/open_cv_context.ts";
import { ROOT } from "../../processes/task_command.ts";

const IMAGES = join(ROOT, "data", "sample", "Img", "img_align_celeba");
/** A face of the sample, which is a progressive JPEG, as a baseline one. */
const PROGRESSIVE = Deno.readFileSync(join(IMAGES, "000001.jpg"));
const WHOLE = await encodeJpeg(await decodePixels(PROGRESSIVE), JPEG_KINDS["baseline 4:2:0"]!);
const CUT = WHOLE.slice(0, Math.floor(WHOLE.length * 0.9));
const NO_END = "the JPEG is damaged or cut short: its end is missing";
const USE = { useDamaged: true } as const;

Deno.test("decodePixels() shows a JPEG that was cut short as far as it goes, the rest gray", async () => {
  const whole = await decodePixels(WHOLE, USE);
  assert.equal(whole.damage, undefined);
  const row = 3 * whole.width;
  let before = 0;
  for (const share of [0.2, 0.5, 0.9]) {
    const cut = WHOLE.slice(0, WHOLE.length * share);
    await assert.rejects(decodePixels(cut), { name: "SyntaxError", message: NO_END });
    const { width, height, data, damage } = await decodePixels(cut, USE);
    assert.deepEqual([width, height, damage], [whole.width, whole.height, NO_END]);
    const other = data.findIndex((value, i) => value !== whole.data[i]);
    const rows = Math.floor(other / row);
    assert.ok(rows > before, `${rows} rows of ${share} of the file`);
    assert.ok(data.subarray(-row).every((value) => value === 128), "the last row is gray");
    before = rows;
  }
});

Deno.test("decodePixels() shows a progressive JPEG that was cut short as a whole, but coarse", async () => {
  const whole = await decodePixels(PROGRESSIVE);
  const meanErrors = [];
  for (const share of [0.3, 0.6, 0.9]) {
    const { data, damage } = await decodePixels(
      PROGRESSIVE.slice(0, PROGRESSIVE.length * share),
      USE,
    );
    assert.equal(damage, NO_END);
    const sum = data.reduce((sum, value, i) => sum + Math.abs(value - whole.data[i]!), 0);
    meanErrors.push(sum / data.length);
  }
  const [first, second, third] = meanErrors as [number, number, number];
  assert.ok(first < 20 && second < first && third < second && third > 0, `${meanErrors}`);
});

Deno.test("decodePixels() uses a JPEG with damage inside, and says what is wrong", async () => {
  const half = Uint8Array.of(...WHOLE.subarray(0, WHOLE.length / 2), 0xff, 0xd9);
  const { damage } = await decodePixels(half, USE);
  assert.equal(damage, "the JPEG is damaged: premature end of data segment");
});

Deno.test("decodePixels() refuses a JPEG of which nothing can be shown", async () => {
  const scan = WHOLE.findIndex((byte, i) => byte === 0xff && WHOLE[i + 1] === 0xda);
  for (const length of [3, 30, scan, scan + 5]) {
    await assert.rejects(decodePixels(WHOLE.slice(0, length), USE), { name: "SyntaxError" });
  }
  await assert.rejects(decodePixels(CMYK.slice(0, -30), USE), { name: "SyntaxError" });
});

Deno.test({
  name: "the rows that are there of a JPEG that was cut short equal OpenCV's",
  ignore: !hasOpenCv,
  async fn() {
    const source = await decodePixels(PROGRESSIVE);
    // Of a progressive one OpenCV shows nothing; below what is there, whatever lay in its memory.
    const kinds = Object.entries(JPEG_KINDS).filter(([name]) => name.startsWith("baseline"));
    for (const [name, options] of kinds) {
      const whole = await encodeJpeg(source, options);
      const { width, data } = await decodePixels(whole);
      const row = 3 * width;
      const files = [0.3, 0.6, 0.95].map((share) => whole.slice(0, whole.length * share));
      const sizes = JSON.stringify(files.map(({ length }) => length)) + "\n";
      const peer = await runOpenCv("decode_opencv.py", [new TextEncoder().encode(sizes), ...files]);
      for (const [i, file] of files.entries()) {
        const image = await decodePixels(file, USE);
        const end = image.data.findIndex((value, k) => value !== data[k]);
        // The last two rows are blended with the colour below them.
        const there = end - end % row - 2 * row;
        assert.ok(there > 16 * row, `${name}, file ${i}: ${there} bytes`);
        const expected = peer.subarray(i * data.length, i * data.length + there);
        const wrong = expected.findIndex((value, k) => value !== image.data[k]);
        assert.equal(wrong, -1, `${name}, file ${i}: byte ${wrong} is ${image.data[wrong]}`);
      }
    }
  },
});

/** A folder with a whole image and one that is cut short. */
async function writeImages(folder: string): Promise<void> {
  await Deno.writeFile(join(folder, "cut.jpg"), CUT);
  await Deno.writeFile(join(folder, "whole.jpg"), WHOLE);
}

Deno.test("landmarks() rejects a damaged image, or finds its face and marks the record", () =>
  inFolder(async (folder) => {
    await writeImages(folder);
    const find = async (useDamaged: boolean) =>
      await run(landmarks(), await Array.fromAsync(imagesIn(folder, { useDamaged })));
    const [rejected] = await find(false);
    assert.equal(rejected!.rejected, `not an image: ${NO_END}`);
    const [cut, whole] = await find(true) as [FaceRecord, FaceRecord];
    assert.equal(cut.rejected, null);
    assert.equal(cut.points!.length, 136);
    assert.deepEqual([cut.damage, whole.damage], [NO_END, null]);
    assert.deepEqual(fromJson(toJson(cut), "here"), cut, "the mark travels as JSON");
    const { damage: _, ...unmarked } = whole;
    assert.deepEqual(fromJson(toJson(whole), "here"), unmarked);
  }));

Deno.test("loadFaces() and readPictures() use damaged images where they may", () =>
  inFolder(async (folder) => {
    await writeImages(folder);
    const size = { width: 178, height: 218 };
    const load = async (damage: { damage?: null }) => {
      const record = recordOf("cut.jpg", { path: join(folder, "cut.jpg"), labels: 1, ...damage });
      const said: string[] = [];
      const hear = (_: FaceRecord, reason: string) => void said.push(reason);
      const faces = await Array.fromAsync(
        loadFaces(streamOf([record]), size, hear, { onDamaged: hear }),
      );
      return { said, damages: faces.map(({ record: { damage } }) => damage) };
    };
    assert.match((await load({})).said.join(), /cut\.jpg: the JPEG is damaged or cut short/);
    assert.deepEqual(await load({ damage: null }), { said: [NO_END], damages: [NO_END] });

    const places = [{ path: join(folder, "cut.jpg"), name: "cut.jpg" }];
    for (const align of [undefined, {}]) {
      const read = (useDamaged: boolean) =>
        Array.fromAsync(readPictures(streamOf(places), { input: size, align, useDamaged }));
      const [refused] = await read(false);
      assert.ok("rejected" in refused! && refused.rejected.includes("cut short"));
      const [picture] = await read(true);
      assert.ok("pixels" in picture! && picture.damage === NO_END, JSON.stringify(picture));
    }
  }));

Deno.test("openDataset() lets damaged images be used where that is asked for", async () => {
  const [plain, lenient] = await Promise.all(
    [false, true].map(async (useDamaged) =>
      (await openDataset(join(ROOT, "data", "sample"), { useDamaged })).record("000001.jpg")!
    ),
  );
  assert.ok(!("damage" in plain!));
  assert.equal(lenient!.damage, null);
});
