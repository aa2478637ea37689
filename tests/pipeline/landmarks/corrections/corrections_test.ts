import assert from "node:assert/strict";
import { join } from "node:path";
import { Conflict } from "../../../../pipeline/files/changes/change_journal.ts";
import type { FaceRecord } from "../../../../pipeline/face/record.ts";
import { rejectedPath, writeLandmarks } from "../../../../pipeline/landmarks.ts";
import {
  Corrections,
  correctionsPath,
  NO_FACE,
  type Outcome,
} from "../../../../pipeline/landmarks/corrections/corrections.ts";
import { readLandmarks } from "../../../../pipeline/landmarks/files/landmark_file.ts";
import { inFolder, recordOf } from "../../../fixtures/face_records.ts";

const FOUND: Outcome = { points: pointsFrom(10), reason: null };
const MISSED: Outcome = { points: null, reason: "no face found" };
const MINE: Outcome = { points: pointsFrom(20.25), reason: null };

function pointsFrom(first: number): Float32Array {
  return Float32Array.from({ length: 136 }, (_, i) => first + i);
}

async function filesOf(out: string): Promise<Record<string, number | string>> {
  const rows = await Array.fromAsync(readLandmarks(out));
  const faces = rows.map(({ image, points }) => [image, points[0]!] as const);
  const text = await Deno.readTextFile(rejectedPath(out));
  const lines = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  assert.equal(
    new Set([...rows, ...lines].map(({ image }) => image)).size,
    faces.length + lines.length,
  );
  return Object.fromEntries([...faces, ...lines.map(({ image, reason }) => [image, reason])]);
}

Deno.test("Corrections keeps changes for others to read, and refuses one that others did not see", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const path = correctionsPath(out);
    const [here, there] = [new Corrections(out), new Corrections(out)];
    await here.correct("a.jpg", 0, MINE, MISSED);
    await assert.rejects(there.correct("a.jpg", 0, FOUND, MISSED), Conflict);
    assert.deepEqual(there.byHand("a.jpg"), MINE, "and it has read what is newer");
    await there.correct("a.jpg", 1, { points: null, reason: NO_FACE }, MISSED);
    assert.deepEqual([...await here.read()], ["a.jpg"]);
    assert.equal(here.byHand("a.jpg")?.reason, NO_FACE);
    await here.takeBack("a.jpg", 2);
    assert.equal(here.byHand("a.jpg"), null);
    assert.deepEqual(here.last("a.jpg")?.outcome, MISSED);
    await Deno.writeTextFile(path, '{"schema":"attparse', { append: true });
    const later = new Corrections(out);
    assert.deepEqual([...await later.read()], ["a.jpg"], "a torn line is none");
    await later.correct("b.jpg", 0, MINE, FOUND);
    assert.deepEqual([...await here.read()], ["b.jpg"]);
    const lines = (await Deno.readTextFile(path)).split("\n");
    assert.equal(lines.length, 5);
    await Deno.writeTextFile(path, '{"image":"c.jpg"}\n', { append: true });
    await assert.rejects(here.read(), /corrections\.ndjson:5: "schema" must be/);
  }));

Deno.test("Corrections of many pages at once are all kept", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const pages = Array.from({ length: 4 }, () => new Corrections(out));
    await Promise.all(pages.flatMap((page, i) =>
      Array.from({ length: 8 }, (_, k) => page.correct(`${i}-${k}.jpg`, 0, MINE, FOUND))
    ));
    const all = new Corrections(out);
    assert.equal((await all.read()).size, 32);
  }));

for (const ending of ["csv", "ndjson"]) {
  Deno.test(`writeLandmarks() keeps what people have corrected, before and meanwhile (.${ending})`, () =>
    inFolder(async (folder) => {
      const out = join(folder, `faces.${ending}`);
      const corrections = new Corrections(out);
      await corrections.correct("b.jpg", 0, MINE, MISSED);
      async function* records(): AsyncGenerator<FaceRecord> {
        yield recordOf("a.jpg", { points: FOUND.points });
        yield recordOf("b.jpg", { rejected: "no face found" });
        yield recordOf('c,"c".jpg', { rejected: "no face found" });
        yield recordOf("d.jpg", { points: FOUND.points });
        yield recordOf("e.jpg", { points: FOUND.points });
        await corrections.correct("a.jpg", 0, { points: null, reason: NO_FACE }, FOUND);
        await corrections.correct('c,"c".jpg', 0, MINE, MISSED);
        await corrections.correct("d.jpg", 0, MINE, FOUND);
      }
      const corrected: string[] = [];
      const write = writeLandmarks(out, { onCorrected: (image) => corrected.push(image) });
      const passed = await Array.fromAsync(write(records()));
      assert.deepEqual(passed[1]?.points, MINE.points, "the record goes on corrected");
      assert.deepEqual(corrected, ["b.jpg"]);
      assert.deepEqual(await filesOf(out), {
        ...{ "a.jpg": NO_FACE, "b.jpg": 20.25, 'c,"c".jpg': 20.25, "d.jpg": 20.25, "e.jpg": 10 },
      });
      const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
      assert.deepEqual(names, [
        ...["faces.corrections.ndjson", `faces.${ending}`, "faces.rejected.ndjson"].sort(),
      ]);
      assert.equal(correctionsPath(out), join(folder, "faces.corrections.ndjson"));
    }));
}
