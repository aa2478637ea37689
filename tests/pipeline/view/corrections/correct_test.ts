import assert from "node:assert/strict";
import { join } from "node:path";
import { FileWriter } from "../../../../pipeline/files/write_file.ts";
import { readTable, rejectedPath } from "../../../../pipeline/landmarks/files/landmark_file.ts";
import {
  Corrections,
  NO_FACE,
  NOT_YET,
} from "../../../../pipeline/landmarks/corrections/corrections.ts";
import { readRejections } from "../../../../pipeline/landmarks/files/rejections.ts";
import { originalPath } from "../../../../pipeline/view/corrections/save_corrections.ts";
import type {
  ChangeRefusal,
  FaceDetail,
  FacePage,
  Refusal,
} from "../../../../pipeline/view/wire.ts";
import { SAMPLE_LANDMARKS } from "../../../contexts/train_context.ts";
import { sampleRecords, ServedView } from "../../../contexts/view_context.ts";
import { inFolder } from "../../../fixtures/face_records.ts";

/** The first of the sample's faces lies in the list of rejected ones, the others have points. */
const REJECTED = 0, FOUND = 1;
const NAMES = ["000001.jpg", "000002.jpg"] as const;

/** Writes the files of a search that has missed the first face; gives the landmarks file. */
async function searchedIn(folder: string, name = "faces.csv"): Promise<string> {
  const path = join(folder, name);
  const [head, , ...rows] = (await Deno.readTextFile(SAMPLE_LANDMARKS)).split("\n");
  await Deno.writeTextFile(path, [head, ...rows].join("\n"));
  const line = JSON.stringify({ image: NAMES[REJECTED], reason: "no face found" });
  await Deno.writeTextFile(rejectedPath(path), line + "\n");
  return path;
}

/** A page in which the landmarks have been read. */
async function openCorrecting(path: string): Promise<ServedView> {
  const view = await ServedView.open({ landmarks: path, correcting: { file: path } });
  while ((await view.ask<FaceDetail>("/api/faces/1")).state === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return view;
}

function put(view: ServedView, id: number, points: readonly number[], revision: number) {
  const path = `/api/faces/${id}/points`;
  return view.send<FaceDetail & ChangeRefusal>("PUT", path, { points, revision });
}

/** What both files say of an image. */
async function saidOf(path: string, image: string): Promise<unknown> {
  const points = (await readTable(path)).get(image);
  const reason = (await readRejections(rejectedPath(path))).get(image);
  assert(points === undefined || reason === undefined, "in one file alone");
  return points ? Array.from(points) : reason;
}

/** Rows in the order of their names, `2.50` being 2.5. */
function rowsOf(text: string): string[] {
  const cells = (row: string) => row.split(",").map((cell) => String(Number(cell) || cell));
  return text.trimEnd().split("\n").map((row) => cells(row).join()).sort();
}

const MINE = Array.from({ length: 136 }, (_, i) => 40 + i / 2);

Deno.test("what is corrected is in both files when the server has ended, and the original is kept", () =>
  inFolder(async (folder) => {
    const path = await searchedIn(folder);
    const before = await Deno.readTextFile(path);
    {
      await using view = await openCorrecting(path);
      const face = await view.ask<FaceDetail>(`/api/faces/${REJECTED}`);
      assert.deepEqual([face.reason, face.revision, face.isCorrected], ["no face found", 0, false]);
      const [, placed] = await put(view, REJECTED, MINE, 0);
      const moved = placed.points!.with(0, 12.25).with(1, 13.5);
      const [status, again] = await put(view, REJECTED, moved, placed.revision);
      assert.deepEqual([status, again.state, again.revision], [200, "found", 2]);
      const [, none] = await view.send<FaceDetail>("POST", `/api/faces/${FOUND}/no-face`, {
        revision: 0,
      });
      assert.deepEqual([none.state, none.reason, none.isCorrected], ["rejected", NO_FACE, true]);
      assert.equal((await view.ask<FacePage>("/api/faces?state=changed")).total, 2);
      assert.equal(await Deno.readTextFile(path), before, "the file follows");
    }
    assert.deepEqual(await saidOf(path, NAMES[REJECTED]), MINE.with(0, 12.25).with(1, 13.5));
    assert.equal(await saidOf(path, NAMES[FOUND]), NO_FACE);
    assert.equal(await Deno.readTextFile(originalPath(path)), before);
    assert.match(await Deno.readTextFile(rejectedPath(originalPath(path))), /no face found/);
    {
      await using view = await openCorrecting(path);
      for (const id of [REJECTED, FOUND]) {
        const { revision } = await view.ask<FaceDetail>(`/api/faces/${id}`);
        const path = `/api/faces/${id}/correction`;
        const [status, face] = await view.send<FaceDetail>("DELETE", path, { revision });
        assert.deepEqual([status, face.isCorrected], [200, false]);
      }
      assert.equal((await view.ask<FacePage>("/api/faces?state=changed")).total, 0);
    }
    assert.equal(await saidOf(path, NAMES[REJECTED]), "no face found");
    assert.deepEqual(rowsOf(await Deno.readTextFile(path)), rowsOf(before));
    assert.equal(await Deno.readTextFile(originalPath(path)), before);
  }));

Deno.test("of two pages, the one that has not seen the other's change is told of it", () =>
  inFolder(async (folder) => {
    const path = await searchedIn(folder);
    await using view = await openCorrecting(path);
    // A page of another process, too.
    await using other = await openCorrecting(path);
    assert.equal((await put(view, FOUND, MINE, 0))[0], 200);
    for (const page of [view, other]) {
      const [status, { face, error }] = await put(page, FOUND, MINE.with(0, 1), 0);
      assert.equal(status, 409);
      assert.match(error, /000002\.jpg has been changed elsewhere/);
      assert.deepEqual([face.revision, face.points], [1, MINE]);
    }
    assert.equal((await put(other, FOUND, MINE.with(0, 1), 1))[0], 200);
  }));

Deno.test("what only the journal has comes into the file at the next start", () =>
  inFolder(async (folder) => {
    const path = await searchedIn(folder, "faces.csv");
    const found = { points: Float32Array.from(MINE), reason: null };
    await new Corrections(path).correct(NAMES[REJECTED], 0, found, {
      points: null,
      reason: "no face found",
    });
    {
      // As a running `landmarks` does.
      await using _ = await FileWriter.open(path);
      await using view = await openCorrecting(path);
      const face = await view.ask<FaceDetail>(`/api/faces/${REJECTED}`);
      assert.deepEqual([face.points, face.isCorrected], [MINE, true]);
      assert.equal((await put(view, FOUND, MINE, 0))[0], 200);
    }
    assert.equal(await saidOf(path, NAMES[REJECTED]), "no face found", "landmarks was at work");
    await (await openCorrecting(path))[Symbol.asyncDispose]();
    assert.deepEqual(await saidOf(path, NAMES[REJECTED]), MINE);
    assert.deepEqual(await saidOf(path, NAMES[FOUND]), MINE);
  }));

Deno.test("faces are placed by hand where there is no file yet, and files of other columns stay whole", () =>
  inFolder(async (folder) => {
    const path = join(folder, "new.ndjson");
    {
      await using view = await openCorrecting(path);
      assert.equal((await view.ask<FaceDetail>("/api/faces/3")).reason, NOT_YET);
      await put(view, 3, MINE, 0);
      await put(view, 4, MINE, 0);
      await view.send("DELETE", "/api/faces/4/correction", { revision: 1 });
    }
    const [record] = (await Deno.readTextFile(path)).split("\n").map((line) =>
      line && JSON.parse(line)
    );
    assert.deepEqual([record.image, record.points], ["000004.jpg", MINE]);
    assert(record.attributes.length > 0, "the record has what is known of the face");
    assert.equal(await saidOf(path, "000005.jpg"), undefined);
    const other = join(folder, "other.csv");
    const lines = (await Deno.readTextFile(SAMPLE_LANDMARKS)).split("\n").slice(0, 4);
    const turned = lines.map((line) => [...line.split(",").slice(1), line.split(",")[0]].join(","));
    await Deno.writeTextFile(other, turned.join("\n") + "\n");
    {
      await using view = await openCorrecting(other);
      await put(view, FOUND, MINE, 0);
    }
    assert.deepEqual(await saidOf(other, NAMES[FOUND]), MINE);
    const kept = (await readTable(SAMPLE_LANDMARKS)).get("000003.jpg")!;
    assert.deepEqual(await saidOf(other, "000003.jpg"), Array.from(kept));
  }));

Deno.test("changes that are none are refused, and all where nothing is corrected", () =>
  inFolder(async (folder) => {
    const path = await searchedIn(folder);
    const before = await Deno.readTextFile(path);
    {
      await using view = await openCorrecting(path);
      const wrong: readonly (readonly [number, unknown])[] = [
        [400, { points: MINE.slice(2), revision: 0 }],
        [400, { points: MINE.with(5, NaN), revision: 0 }],
        [400, { points: MINE.with(5, 1e9), revision: 0 }],
        [400, { points: MINE }],
        [400, { points: MINE, revision: -1 }],
        [400, [MINE]],
        [409, { points: MINE, revision: 3 }],
        [413, { points: MINE, revision: 0, more: "x".repeat(1 << 15) }],
      ];
      for (const [wanted, body] of wrong) {
        const [status, { error }] = await view.send<Refusal>("PUT", "/api/faces/0/points", body);
        assert.equal(status, wanted, error);
        assert(error.length > 10);
      }
      const nothing = { revision: 0 };
      assert.equal((await view.send("DELETE", "/api/faces/0/correction", nothing))[0], 400);
      assert.equal((await view.send("POST", "/api/faces/9999/no-face", nothing))[0], 400);
    }
    assert.equal(await Deno.readTextFile(path), before);
    await using view = await ServedView.open({ records: sampleRecords() });
    const [status, { error }] = await put(view, 0, MINE, 0);
    assert.equal(status, 403);
    assert.match(error, /data set's own/);
  }));
