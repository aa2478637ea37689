import assert from "node:assert/strict";
import { join } from "node:path";
import type { FaceDetail } from "../../../pipeline/view/wire.ts";
import { Browser, BROWSERS, type Page } from "../../contexts/browser_context.ts";
import { trainSmall } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** Pulls a point of the face that is corrected, and saves it. */
async function correct(page: Page): Promise<void> {
  await page.evaluate(() => void (location.hash = "#/face/7/edit"));
  await page.wait(() => document.querySelectorAll("svg .dot").length === 68);
  const [x, y] = await page.evaluate(() => {
    const { left, top, width, height } = document.querySelector("svg .dot")!
      .getBoundingClientRect();
    return [left + width / 2, top + height / 2] as const;
  });
  await page.drag([x, y], [x + 40, y + 10]);
  await page.press("s");
  await page.waitForText("9 of 480");
}

for (const browser of BROWSERS) {
  Deno.test(`view: faces are seen and corrected, and a run is watched, in ${browser.browser}`, () =>
    inFolder(async (folder) => {
      const run = join(folder, "run");
      await trainSmall(run);
      await using view = await ServedView.correctable(folder, { runs: [run] });
      await using driven = Browser.open(browser);
      const page = driven.page();
      await page.go(view.address);
      await page.wait(() => {
        const tile = document.querySelector<HTMLImageElement>(".tile img");
        return tile?.complete && tile.naturalWidth > 0;
      });
      const before = await view.ask<FaceDetail>("/api/faces/7");
      await correct(page);
      const after = await view.ask<FaceDetail>("/api/faces/7");
      const moved = after.points!.flatMap((value, at) => value === before.points![at] ? [] : [at]);
      assert.deepEqual(moved, [0, 1], "the point that was pulled, and no other one");
      await page.evaluate(() => void (location.hash = "#/run/run"));
      await page.wait(() => document.querySelectorAll(".plots canvas").length === 5);
      await page.wait(() => document.querySelectorAll(".samples canvas").length === 6);
      assert.deepEqual(await page.faults(), []);
    }));
}
