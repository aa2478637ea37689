import assert from "node:assert/strict";
import { join } from "node:path";
import { FileWriter } from "../../../../pipeline/files/write_file.ts";
import { writeLandmarks } from "../../../../pipeline/landmarks.ts";
import { Corrections } from "../../../../pipeline/landmarks/corrections/corrections.ts";
import { readTable } from "../../../../pipeline/landmarks/files/landmark_file.ts";
import { Corrector } from "../../../../pipeline/view/corrections/corrector.ts";
import { originalPath } from "../../../../pipeline/view/corrections/save_corrections.ts";
import { FaceTable } from "../../../../pipeline/view/faces/face_table.ts";
import { Events } from "../../../../pipeline/view/server/events.ts";
import { Heard, until } from "../../../contexts/view_context.ts";
import { inFolder, pointsFrom, recordOf, streamOf } from "../../../fixtures/face_records.ts";

const NAMES = ["a.jpg", "b.jpg", "c.jpg"];

/** Writes the landmarks of all faces, as a search does. */
async function search(path: string, first: number): Promise<void> {
  const found = NAMES.map((image, i) => recordOf(image, { points: pointsFrom(first + i) }));
  await Array.fromAsync(writeLandmarks(path)(streamOf(found)));
}

/** Works with a corrector that saves at once. */
async function correcting(
  path: string,
  work: (corrector: Corrector, table: FaceTable, heard: Heard) => Promise<void>,
): Promise<string[]> {
  const table = await FaceTable.from(streamOf(NAMES.map((image) => recordOf(image))));
  const heard = new Heard();
  const faults: string[] = [];
  const onFault = (fault: string) => void faults.push(fault);
  const { signal } = new AbortController();
  const options = { path, table, events: heard, onFault, signal, saveAfter: 20 };
  await using corrector = await Corrector.open(options);
  corrector.begin();
  await until("the file is read", () => table.state(0) !== null);
  await work(corrector, table, heard);
  return faults;
}

const first = async (path: string, image: string) => (await readTable(path)).get(image)?.[0];

Deno.test("Corrector waits for landmarks that writes the file, and then corrects what that has found", () =>
  inFolder(async (folder) => {
    const path = join(folder, "faces.csv");
    await search(path, 10);
    const faults = await correcting(path, async (corrector, table, heard) => {
      {
        // As a running `landmarks` does.
        await using _ = await FileWriter.open(path);
        await corrector.change(0, 0, { points: pointsFrom(50), reason: null });
        await until("it is told that others write", () => heard.states.includes("journal"));
        assert.equal(await first(path, "a.jpg"), 10);
      }
      await until("the file follows", () => heard.states.at(-1) === "saved");
      assert.equal(await first(path, "a.jpg"), 50);
      assert.equal(heard.states[0], "waiting");
      await corrector.change(0, 1, null);
      await until("it is taken back", () => heard.states.at(-1) === "saved");
      assert.equal(await first(path, "a.jpg"), 10);
      await corrector.change(0, 2, { points: pointsFrom(60), reason: null });
      await search(path, 20);
      await until("the new search is seen", () => table.outcome(1)!.points![0] === 21);
      await until("it is kept", async () => await first(path, "a.jpg") === 60);
      await corrector.change(0, 3, null);
      await until("what it had said comes back", async () => await first(path, "a.jpg") === 10);
    });
    assert.deepEqual(faults, []);
  }));

Deno.test("Corrector shows what other pages of other processes correct", () =>
  inFolder(async (folder) => {
    const path = join(folder, "faces.csv");
    await search(path, 10);
    await correcting(path, async (_, table, heard) => {
      const elsewhere = new Corrections(path);
      const { version } = table;
      await elsewhere.correct(
        "b.jpg",
        0,
        { points: pointsFrom(70), reason: null },
        table.outcome(1)!,
      );
      await until("it is seen", () => table.isChanged(1));
      assert.deepEqual([table.outcome(1)!.points![0], table.revision(1)], [70, 1]);
      assert(heard.all.some((told) => told.type === "faces" && told.version > version));
      await until("it is saved", async () => await first(path, "b.jpg") === 70);
    });
  }));

Deno.test("Corrector never makes a file anew that is gone or emptied, and goes on when it is there again", () =>
  inFolder(async (folder) => {
    const path = join(folder, "faces.csv");
    await search(path, 10);
    const lose: readonly (() => Promise<void>)[] = [
      () => Deno.remove(path),
      () => Deno.truncate(path),
    ];
    const faults = await correcting(path, async (corrector, table, heard) => {
      for (const [round, loseIt] of lose.entries()) {
        const whole = await Deno.readFile(path);
        await loseIt();
        const told = heard.all.length;
        await corrector.change(0, round, { points: pointsFrom(50 + round), reason: null });
        await until("it is told", () => heard.states.slice(told).includes("journal"));
        const left = await Deno.readTextFile(path).catch(() => "");
        assert.equal(left, "", "no file of one face");
        assert.equal(table.outcome(1)!.points![0], 11, "the others are still shown");
        await Deno.writeFile(path, whole);
        await until("it follows", async () => await first(path, "a.jpg") === 50 + round);
        assert.equal(await first(path, "c.jpg"), 12);
        assert.equal(heard.states.at(-1), "saved");
      }
      await Deno.rename(path, path + ".away");
      await until("it is missed without a change", () => heard.states.at(-1) === "journal");
      await Deno.rename(path + ".away", path);
      await until("it is seen", () => heard.states.at(-1) === "saved");
    });
    const kept = "faces.csv is gone: put it back; what you have corrected is kept in the journal";
    assert.deepEqual(faults, [kept, kept, kept], "each time once");
    await Deno.remove(path);
    await using again = await Corrector.open({
      ...{ path, table: await FaceTable.from(streamOf([])), events: new Events(), saveAfter: 1 },
      ...{ onFault: (fault: string) => void faults.push(fault), signal: AbortSignal.any([]) },
    });
    again.begin();
    await until("it is told at the next start, too", () => faults.length === 4);
    await Deno.copyFile(originalPath(path), path);
    await until("it follows", async () => await first(path, "a.jpg") === 51);
    assert.equal(await first(path, "c.jpg"), 12);
  }));

Deno.test("Corrector names a file that it cannot read, and corrects nothing in it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "faces.csv");
    await Deno.writeTextFile(path, "image_name,x_0\na.jpg,1\n");
    const table = await FaceTable.from(streamOf(NAMES.map((image) => recordOf(image))));
    const faults: string[] = [];
    const onFault = (fault: string) => void faults.push(fault);
    const { signal } = new AbortController();
    await using corrector = await Corrector.open({
      ...{ path, table, events: new Events(), onFault, signal },
    });
    corrector.begin();
    await until("it is told", () => faults.length > 0);
    assert.match(faults[0]!, /faces\.csv:1 has 2/);
    const change = corrector.change(0, 0, { points: pointsFrom(1), reason: null });
    await assert.rejects(change, /faces\.csv:1 has 2/);
  }));
