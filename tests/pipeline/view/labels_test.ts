import assert from "node:assert/strict";
import { join } from "node:path";
import { namesOf } from "../../../pipeline/face/attributes.ts";
import { openDataset } from "../../../pipeline/dataset.ts";
import { FileWriter } from "../../../pipeline/files/write_file.ts";
import { FaceTable } from "../../../pipeline/view/faces/face_table.ts";
import { LabelCorrector } from "../../../pipeline/view/corrections/label_corrector.ts";
import type { ChangeRefusal, FaceDetail, FacePage } from "../../../pipeline/view/wire.ts";
import { SAMPLE } from "../../contexts/train_context.ts";
import { Heard, sampleRecords, ServedView, until } from "../../contexts/view_context.ts";
import { Browser, chromium } from "../../contexts/browser_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

Deno.test("PUT labels: journal first, then a label file that --labels reads; the data set's stays", async () => {
  await inFolder(async (folder) => {
    const own = await Deno.readTextFile(join(SAMPLE, "Anno", "list_attr_celeba.txt"));
    {
      await using view = await ServedView.correctable(folder);
      const { labels, labelRevision } = await view.ask<FaceDetail>("/api/faces/3");
      assert.equal(labelRevision, 0);
      const change = { revision: 0, labels: ["Bald", "Smiling"] };
      const [status, face] = await view.send<FaceDetail>("PUT", "/api/faces/3/labels", change);
      assert.equal(status, 200);
      assert.deepEqual([face.labels, face.labelRevision], [["Bald", "Smiling"], 1]);
      assert.notDeepEqual(labels, face.labels);
      const journal = await Deno.readTextFile(join(folder, "faces.labels.ndjson"));
      assert.match(journal, /"labels":\["Bald","Smiling"\]/, "before the answer");
      const [late, refusal] = await view.send<ChangeRefusal>("PUT", "/api/faces/3/labels", change);
      assert.equal(late, 409, "somebody else's change is not lost");
      assert.deepEqual(refusal.face.labels, ["Bald", "Smiling"]);
      for (const wrong of [{ labels: [] }, { revision: 1, labels: ["Tall"] }, []]) {
        const [refused] = await view.send("PUT", "/api/faces/3/labels", wrong);
        assert.equal(refused, 400, JSON.stringify(wrong));
      }
      const page = await view.ask<FacePage>("/api/faces?labels=changed");
      assert.deepEqual(page.faces.map(({ id }) => id), [3]);
    }
    const path = join(folder, "faces.labels.csv");
    const corrected = await Array.fromAsync(
      (await openDataset(SAMPLE, { labels: path })).records(),
    );
    const before = await Array.fromAsync((await openDataset(SAMPLE)).records());
    for (const [id, { image, labels }] of before.entries()) {
      assert.equal(corrected[id]!.image, image);
      const expected = id === 3 ? ["Bald", "Smiling"] : namesOf(labels!);
      assert.deepEqual(namesOf(corrected[id]!.labels!), expected, image);
    }
    assert.equal(await Deno.readTextFile(join(SAMPLE, "Anno", "list_attr_celeba.txt")), own);
    await using again = await ServedView.correctable(folder);
    const kept = await again.ask<FaceDetail>("/api/faces/3");
    assert.deepEqual(
      [kept.labels, kept.labelRevision],
      [["Bald", "Smiling"], 1],
      "at the next start",
    );
  });
});

Deno.test("LabelCorrector waits for who writes its file, and at the next start writes what a killed one did not", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "faces.csv");
    const path = join(folder, "faces.labels.csv");
    const faults: string[] = [];
    const open = async (events: Heard) => {
      const table = await FaceTable.from(sampleRecords());
      const onFault = (fault: string) => void faults.push(fault);
      const corrector = await LabelCorrector.beside(
        { file },
        { table, events, onFault, saveAfter: 20 },
      );
      return typeof corrector === "string" ? assert.fail(corrector) : corrector;
    };
    {
      const heard = new Heard();
      await using corrector = await open(heard);
      {
        await using _ = await FileWriter.open(path);
        await corrector.change(3, 0, ["Bald"]);
        await until("it is told that others write", () => heard.states.includes("journal"));
      }
      await until("the file follows by itself", () => heard.states.at(-1) === "saved");
      assert.equal(heard.states[0], "waiting");
    }
    const written = await Deno.readTextFile(path);
    assert.match(written, /^000004\.jpg(,-1){4},1(,-1){35}$/m);
    await Deno.remove(path);
    const heard = new Heard();
    await using _ = await open(heard);
    await until("the file is there again", () => heard.states.at(-1) === "saved");
    assert.equal(await Deno.readTextFile(path), written);
    assert.deepEqual(faults, []);
  });
});

Deno.test("labels are not corrected without --landmarks, nor over a file of somebody else", async () => {
  await inFolder(async (folder) => {
    await using off = await ServedView.open();
    const change = { revision: 0, labels: [] };
    assert.equal((await off.send("PUT", "/api/faces/0/labels", change))[0], 403);
    await Deno.writeTextFile(join(folder, "faces.labels.csv"), "mine\n");
    await using view = await ServedView.correctable(folder);
    const [status, { error }] = await view.send<{ error: string }>(
      ...["PUT", "/api/faces/0/labels", change] as const,
    );
    assert.equal(status, 403);
    assert.match(error, /faces\.labels\.csv is not of this page/);
    assert.equal(await Deno.readTextFile(join(folder, "faces.labels.csv")), "mine\n");
  });
});

Deno.test({
  name: "view: a label is ticked, and its file has it",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      {
        await using view = await ServedView.correctable(folder);
        await using browser = Browser.open();
        const page = browser.page();
        await page.go(view.address + "#/face/5");
        await page.click("summary");
        const { labels } = await view.ask<FaceDetail>("/api/faces/5");
        assert(!labels!.includes("Wearing_Hat"));
        await page.click("[name=Wearing_Hat]");
        await page.wait(() =>
          [...document.querySelectorAll(".labels button")]
            .some(({ textContent }) => textContent === "Wearing Hat")
        );
        assert.deepEqual(await page.faults(), []);
      }
      const text = await Deno.readTextFile(join(folder, "faces.labels.csv"));
      const [head, ...rows] = text.split("\n").map((line) => line.split(","));
      assert.equal(rows[5]![head!.indexOf("Wearing_Hat")], "1");
    }),
});

Deno.test({
  name: "view: labels are corrected by keyboard, one change after the other",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      await using view = await ServedView.correctable(folder);
      await using browser = Browser.open();
      const page = browser.page();
      await page.go(view.address + "#/face/3");
      await page.click(".label-editor summary");
      const before = await view.ask<FaceDetail>("/api/faces/3");
      await page.evaluate(() => document.querySelector<HTMLElement>("[name=Bald]")!.focus());
      for (let i = 0; i < 3; i++) await page.press(" ");
      await page.wait(async () => {
        const face = await (await fetch("api/faces/3")).json();
        return face.labelRevision === 3;
      });
      const after = await view.ask<FaceDetail>("/api/faces/3");
      assert.equal(after.labels!.includes("Bald"), !before.labels!.includes("Bald"));
      await page.wait(
        (isBald) => document.querySelector<HTMLInputElement>("[name=Bald]")!.checked === isBald,
        after.labels!.includes("Bald"),
      );
      const focused = await page.evaluate(() => document.activeElement!.getAttribute("name"));
      assert.equal(focused, "Bald", "the focus stays");
      assert.deepEqual(await page.faults(), []);
    }),
});
