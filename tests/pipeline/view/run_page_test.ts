import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { train } from "../../../pipeline/train.ts";
import { Browser, chromium, type Page } from "../../contexts/browser_context.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";
import { ServedView, until } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** What the first figure says is shown. */
function caption(page: Page): Promise<string> {
  return page.evaluate(() => document.querySelector(".plots figcaption")!.textContent!);
}

/** Pulls the mouse across the middle of the first figure. */
async function zoom(page: Page): Promise<void> {
  const [left, right, y] = await page.evaluate(() => {
    const figure = document.querySelector(".plots .u-over")!;
    figure.scrollIntoView({ block: "center" });
    const { left, right, top, height } = figure.getBoundingClientRect();
    return [left, right, top + height / 2] as const;
  });
  const at = (share: number) => [left + share * (right - left), y] as const;
  await page.drag(at(0.3), at(0.7));
}

/** What the first of the sample faces shows; only whether it is another one matters. */
function sample(page: Page): Promise<string> {
  return page.evaluate(() => {
    const figure = document.querySelector<HTMLCanvasElement>(".samples canvas")!;
    return figure.closest("li")!.textContent + figure.toDataURL();
  });
}

Deno.test({
  name: "view: a run has a page with its settings, its figures, and faces epoch by epoch",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const run = join(folder, "one & only");
      using backend = await openBackend("wasm");
      const config = smallConfig({ epochs: 4, keepBest: 4, learningRate: 0.02 });
      const trainUntil = (epochs: number, resume: boolean) =>
        train({
          ...{ records: someFaces(), backend, out: run, resume },
          config: { ...config, epochs },
        });
      await trainUntil(3, false);
      await using view = await ServedView.open({ runs: [run] });
      await using browser = Browser.open();
      const page = browser.page();
      await page.view(1000);
      await page.go(view.address + "#/runs");
      await page.click("tbody th a");
      await page.waitForText("Settings that the preset lite has otherwise");
      const settings = await page.evaluate(() =>
        document.querySelector(".settings tbody")!.textContent
      );
      assert.match(settings!, /learningRate0\.020\.01/);
      assert.match(
        (await page.evaluate(() => document.querySelector(".next code")!.textContent))!,
        /^deno task evaluate --run '.*one & only' --dataset DIR$/,
      );
      await page.wait(() => document.querySelectorAll(".plots canvas").length === 5);
      assert.equal(await page.evaluate(() => document.querySelector("progress")!.value), 9);

      assert.doesNotMatch(await caption(page), / at /, "the last values");
      await zoom(page);
      await page.waitForText("Show all");
      assert.match(await caption(page), /at [12]\.\d\d epochs/);
      await page.click(".chosen button");
      await page.wait(() => !document.body.innerText.includes("Show all"));
      await page.fill("[name=axis]", "steps");
      await zoom(page);
      await page.wait(() =>
        /at step [3-8]/.test(document.querySelector(".plots figcaption")!.textContent!)
      );

      await page.wait(() => document.querySelectorAll(".samples canvas").length === 6);
      await page.waitForText("Network after epoch 3");
      const newest = await sample(page);
      await page.evaluate(() => document.querySelector<HTMLElement>("[name=epoch]")!.focus());
      await page.press("Home");
      await page.waitForText("Network after epoch 1");
      await until("another one is shown", async () => await sample(page) !== newest);
      await page.press("End");
      await page.waitForText("Network after epoch 3");
      await until("what was seen is shown again", async () => await sample(page) === newest);

      await trainUntil(4, true);
      await page.waitForText("Network after epoch 4");
      await page.waitForText("4 of 4");
      assert.deepEqual(await page.faults(), []);
    }),
});
