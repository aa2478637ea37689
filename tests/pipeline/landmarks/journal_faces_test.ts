/** Interrupted work on landmarks where all faces of an image are wanted. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exists } from "../../../pipeline/files/write_file.ts";
import { faceName } from "../../../pipeline/face/face_name.ts";
import { writeLandmarks } from "../../../pipeline/landmarks.ts";
import { openJournal, unfinishedPath } from "../../../pipeline/landmarks/files/landmark_journal.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { filesOf, inFolder, pointsFrom, recordOf, streamOf } from "../../fixtures/face_records.ts";

const SETTINGS = { images: "/nowhere", faces: "all" };

/** Faces of each image by its number: none, one, several; one image is called like a face. */
const FACES = [1, 3, 0, 2, 1, 4, 1, 2];
const IMAGES = FACES.map((_, i) => recordOf(i === 7 ? "7.jpg#9" : `${i}.jpg`));

/** Finds as many faces as FACES says; tells in which images it looked. */
function finder(looked: string[] = []) {
  return async function* (source: AsyncIterable<FaceRecord>): AsyncGenerator<FaceRecord> {
    for await (const record of source) {
      if (record.rejected !== null || record.points !== null) {
        yield record;
        continue;
      }
      looked.push(record.image);
      const n = IMAGES.findIndex(({ image }) => image === record.image);
      const size = [n + 1, 9] as const;
      if (FACES[n] === 0) yield { ...record, size, rejected: "no face found" };
      for (let face = 0; face < FACES[n]!; face++) {
        const box = { x: n, y: face, width: 3.46, height: 4 };
        const image = faceName(record.image, face);
        const turned = face % 2 === 1 ? { turn: 90 } as const : {};
        yield { ...record, image, size, box, points: pointsFrom(10 * n + face), ...turned };
      }
    }
  };
}

/** Works on `out`, and stops after some records. */
async function work(out: string, stopAfter = Infinity) {
  await using journal = await openJournal(out, SETTINGS, { allFaces: true });
  const { notice, resumed } = journal;
  const looked: string[] = [];
  const records: FaceRecord[] = [];
  for await (const record of journal.write(finder(looked)(journal.resume(streamOf(IMAGES))))) {
    records.push(record);
    if (records.length === stopAfter) break;
  }
  return { records, notice, resumed, looked };
}

/** What an uninterrupted run writes, and the records that come out of it. */
async function wanted(folder: string) {
  const out = join(folder, "wanted.csv");
  const records = await Array.fromAsync(writeLandmarks(out)(finder()(streamOf(IMAGES))));
  return { records, files: await filesOf(out) };
}

Deno.test("openJournal() goes on from between the faces of an image", () =>
  inFolder(async (folder) => {
    const { records, files } = await wanted(folder);
    const out = join(folder, "faces.csv");
    assert.equal(records.length, 15);
    for (let stop = 1; stop < records.length; stop++) {
      const first = await work(out, stop);
      assert.deepEqual(first.records, records.slice(0, stop));
      const { records: all, resumed, looked, notice } = await work(out);
      assert.deepEqual(all, records, `after ${stop} records`);
      assert.equal(notice, null);
      assert.deepEqual(looked, IMAGES.slice(resumed).map(({ image }) => image), `after ${stop}`);
      assert.deepEqual(await filesOf(out), files);
      assert.equal(await exists(unfinishedPath(out)), false);
    }
  }));

Deno.test("openJournal() goes on from a file with all faces that was cut anywhere", () =>
  inFolder(async (folder) => {
    const { records, files } = await wanted(folder);
    const out = join(folder, "faces.csv");
    await work(out, records.length - 1);
    const whole = await Deno.readFile(unfinishedPath(out));
    const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
    for (const cut of ends.flatMap((end) => [end - 300, end - 1, end, end + 1])) {
      await Deno.writeFile(unfinishedPath(out), whole.subarray(0, cut));
      const outcome = await work(out);
      assert.deepEqual(outcome.records, records, `cut at ${cut}`);
      assert.deepEqual(await filesOf(out), files);
      assert.equal(outcome.looked.length + outcome.resumed, IMAGES.length, `cut at ${cut}`);
    }
  }));
