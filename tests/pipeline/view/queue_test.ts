import assert from "node:assert/strict";
import { join } from "node:path";
import type { FaceDetail, FacePage } from "../../../pipeline/view/wire.ts";
import { Browser, chromium, type Page } from "../../contexts/browser_context.ts";
import { SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** Works with a page whose first faces have no points. */
function inPage(
  waiting: number,
  work: (page: Page, view: ServedView) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    const file = join(folder, "faces.csv");
    const [head, ...rows] = (await Deno.readTextFile(SAMPLE_LANDMARKS)).split("\n");
    await Deno.writeTextFile(file, [head, ...rows.slice(waiting)].join("\n"));
    await using view = await ServedView.open({ landmarks: file, correcting: { file } });
    await using browser = Browser.open();
    const page = browser.page();
    await page.view(1200);
    await page.go(view.address);
    await work(page, view);
    assert.deepEqual(await page.faults(), []);
  });
}

const pointsAreThere = () => document.querySelectorAll("svg .dot").length === 68;

/** Presses a button by what it says. */
async function pressButton(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    const buttons = [...document.querySelectorAll("button")];
    buttons.find(({ textContent }) => textContent === text)!.click();
  }, text);
}

/** What the browser is told that asks before it leaves. */
const wouldAsk = () => !dispatchEvent(new Event("beforeunload", { cancelable: true }));

Deno.test({
  name: "view: a key that is held down handles one face, who is fast loses none, and one goes back",
  ignore: chromium === null,
  fn: () =>
    inPage(5, async (page, view) => {
      await page.waitForText("5 faces have no points");
      await page.click(".rejected-queue a");
      await page.waitForText("5 left");
      await page.press("x+x+x+x");
      await page.waitForText("4 left");
      await page.waitForText("000001.jpg: no face — go back (b)");
      // Slower than who knows the next key.
      await page.evaluate(() => {
        const ask = fetch;
        self.fetch = async (path, options) => {
          if (`${path}`.includes("/place")) await new Promise((done) => setTimeout(done, 300));
          return await ask(path, options);
        };
      });
      for (const name of ["000002.jpg", "000003.jpg"]) {
        await page.wait((name) => document.querySelector("h1")?.textContent === name, name);
        await page.press("x");
        await page.press("x");
      }
      await page.wait(() => document.querySelector("h1")?.textContent === "000004.jpg");
      const rest = await view.ask<FacePage>("/api/faces?state=waiting");
      assert.deepEqual(rest.faces.map(({ id }) => id), [3, 4]);
      await page.press("b");
      await page.wait(() => document.querySelector("h1")?.textContent === "000003.jpg");
      await page.waitForText("000002.jpg: no face");
      await page.evaluate(() => history.back());
      await page.waitForText("2 left");
      await page.press("b");
      await page.wait(() => document.querySelector("h1")?.textContent === "000003.jpg");
      await page.press("x");
      await page.waitForText("2 left");
      await page.press("x");
      await page.waitForText("1 left");
      await page.press("x");
      await page.waitForText("All faces are placed");
      await page.waitForText("480 of 480 faces");
    }),
});

Deno.test({
  name: "view: points that are not saved are there again, whatever was looked at meanwhile",
  ignore: chromium === null,
  fn: () =>
    inPage(0, async (page, view) => {
      const before = await view.ask<FaceDetail>("/api/faces/5");
      await page.evaluate(() => void (location.hash = "#/face/5/edit?split=train"));
      await page.wait(pointsAreThere);
      assert.equal(await page.evaluate(wouldAsk), false);
      await page.press("ArrowRight");
      await page.waitForText("changed and not saved");
      assert.equal(await page.evaluate(wouldAsk), true);
      await pressButton(page, "Skip");
      await page.waitForText("000007.jpg");
      await page.evaluate(() => void (location.hash = "#/faces"));
      await page.waitForText("Not saved: 000006.jpg");
      await page.click(".rejected-queue a");
      await page.waitForText("changed and not saved");
      await page.press("s");
      await page.waitForText("000007.jpg");
      const after = await view.ask<FaceDetail>("/api/faces/5");
      assert(Math.abs(after.points![0]! - before.points![0]! - 1) < 0.011, "the move was kept");
      assert.equal(await page.evaluate(wouldAsk), false);
      await page.press("ArrowDown");
      await page.press("Control+z");
      assert.equal(await page.evaluate(wouldAsk), false, "nothing is left of it");
    }),
});

Deno.test({
  name:
    "view: a correction that is taken back can be had again, and stays where it cannot be saved",
  ignore: chromium === null,
  fn: () =>
    inPage(1, async (page, view) => {
      const { points, ...found } = await view.ask<FaceDetail>("/api/faces/5");
      const mine = points!.with(0, 12);
      const change = { points: mine, revision: found.revision };
      await view.send("PUT", "/api/faces/5/points", change);
      await page.evaluate(() => void (location.hash = "#/face/5/edit"));
      await page.waitForText("corrected by hand");
      await pressButton(page, "Take back the correction");
      await page.waitForText("Taken back.");
      assert.equal((await view.ask<FaceDetail>("/api/faces/5")).isCorrected, false);
      await page.press("Control+Shift+z");
      await page.waitForText("changed and not saved");
      await page.press("s");
      await page.waitForText("000007.jpg");
      const again = await view.ask<FaceDetail>("/api/faces/5");
      assert.deepEqual([again.isCorrected, again.points![0]], [true, 12]);
      await page.evaluate(() => void (location.hash = "#/face/0/edit"));
      await page.waitForText("Click the eye on the left");
      await page.wait(() => document.querySelector("svg.canvas"));
      await page.click("svg.canvas");
      await page.waitForText("Click the eye on the right");
      await page.press("Control+z");
      await page.waitForText("Click the eye on the left");
      await page.evaluate(() => void (location.hash = "#/face/7/edit"));
      await page.wait(pointsAreThere);
      await page.press("ArrowRight");
      await view[Symbol.asyncDispose]();
      await page.press("s");
      await page.waitForText("Not saved: The command does not answer.");
      assert(await page.evaluate(pointsAreThere));
      await page.waitForText("changed and not saved");
    }),
});
