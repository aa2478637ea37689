import assert from "node:assert/strict";
import { anchorsOf } from "../../../pipeline/view/page/correct/fit_shape.ts";
import { middleOf, pinched, WHOLE, zoomAt } from "../../../pipeline/view/page/correct/sight.ts";
import type { FaceDetail } from "../../../pipeline/view/wire.ts";
import { Browser, chromium, type Page } from "../../contexts/browser_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

Deno.test("zoomAt() keeps a spot where it is, and pinched() is what two fingers do", () => {
  const near = zoomAt(WHOLE, [100, 40], 2);
  assert.deepEqual(near, { x: 50, y: 20, zoom: 2 });
  assert.deepEqual(middleOf({ width: 200, height: 80 }, near), [100, 40]);
  assert.deepEqual(zoomAt(near, [10, 10], 0.4), WHOLE, "no smaller than the whole");
  assert.deepEqual(pinched([[0, 0], [30, 40]], [[0, 0], [60, 80]]), [2, [30, 40]]);
});

/** Presses an arrow key as often as its step goes into a way. */
async function go(page: Page, way: number, back: string, forth: string): Promise<void> {
  const key = way < 0 ? back : forth;
  const steps = Math.round(Math.abs(way));
  for (let step = 0; step < Math.floor(steps / 4); step++) await page.press(key);
  for (let step = 0; step < steps % 4; step++) await page.press("Shift+" + key);
}

Deno.test({
  name: "view: a face is placed by the keyboard alone, and two fingers enlarge without pulling",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      await using view = await ServedView.correctable(folder);
      await using browser = Browser.open();
      const page = browser.page();
      await page.view(1200);
      await page.go(view.address + "#/face/5/edit");
      const pointsAreThere = () => document.querySelectorAll("svg .dot").length === 68;
      await page.wait(pointsAreThere);
      const edge = (selector: string) =>
        page.evaluate((selector) => {
          const { left, top, width, height } = document.querySelector(selector)!
            .getBoundingClientRect();
          return [left + width / 2, top + height / 2] as const;
        }, selector);
      const dot = await edge("[data-point='8']");
      const other = [dot[0], dot[1] - 60] as const;
      await page.fingers([dot, [dot[0], dot[1] + 30]], [other, [other[0], other[1] - 60]]);
      const zoom = await page.evaluate(() => {
        const svg = document.querySelector<SVGSVGElement>("svg.canvas")!;
        return 178 / svg.viewBox.baseVal.width;
      });
      assert(zoom > 2 && zoom < 3, `${zoom}: from 60 pixels to 150`);
      assert(!await page.evaluate(() => document.body.innerText.includes("changed and not saved")));
      await page.press("0");
      await page.press("l");
      await page.wait(() => document.querySelector("image.bright"));
      const { points } = await view.ask<FaceDetail>("/api/faces/5");
      const place = () => document.querySelector("svg.canvas")!.getBoundingClientRect().top;
      const top = await page.evaluate(place);
      await page.evaluate(() =>
        [...document.querySelectorAll("button")].find(({ textContent }) =>
          textContent!.startsWith("Place by")
        )!.focus()
      );
      await page.press("Enter");
      await page.waitForText("Click the eye on the left");
      let [x, y] = [89, 109];
      for (const [toX, toY] of anchorsOf(points!)) {
        await go(page, toX - x, "ArrowLeft", "ArrowRight");
        await go(page, toY - y, "ArrowUp", "ArrowDown");
        [x, y] = [x + Math.round(toX - x), y + Math.round(toY - y)];
        await page.press("Enter");
      }
      await page.wait(pointsAreThere);
      assert.equal(await page.evaluate(place), top, "the picture has not moved");
      const eye = await page.evaluate(() => {
        const dots = [...document.querySelectorAll("svg .dot")].slice(36, 42);
        return dots.reduce((sum, dot) => sum + Number(dot.getAttribute("cx")), 0) / 6;
      });
      assert(Math.abs(eye - anchorsOf(points!)[0]![0]) < 4, `the left eye is at ${eye}`);
      assert.deepEqual(await page.faults(), []);
    }),
});
