import assert from "node:assert/strict";
import { join } from "node:path";
import { measured } from "../../../pipeline/report/text.ts";
import { parseLog } from "../../../pipeline/report/training_log.ts";
import { Browser, chromium } from "../../contexts/browser_context.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { outcomeOf, taskCommand } from "../../processes/task_command.ts";

Deno.test({
  name:
    "view: a run in another process is watched to its end, and another is stopped by the button",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (runs) => {
      const train = (run: string, epochs: number) => {
        const data = ["--dataset", SAMPLE, "--landmarks", SAMPLE_LANDMARKS, "--pack", "off"];
        const how = ["--preset", "lite", "--backend", "wasm", "--threads", "1"];
        const args = [...data, ...how, "--epochs", `${epochs}`, "--out", join(runs, run)];
        return outcomeOf(taskCommand("train", args));
      };
      await using view = await ServedView.open({ runs: [runs] });
      await using browser = Browser.open();
      const page = browser.page();
      await page.go(view.address + "#/runs");
      const watched = train("watched", 1);
      await page.waitForText("watched");
      const { code, err } = await watched;
      assert.equal(code, 0, err);
      await page.wait(() => document.querySelector("tbody")?.textContent?.includes("finished"));
      const path = join(runs, "watched", "log.ndjson");
      const { epochs } = parseLog(await Deno.readTextFile(path), path);
      const row = await page.evaluate(() => document.querySelector("tbody tr")!.textContent!);
      const { attributeLoss, maskLoss } = epochs.at(-1)!.validation!;
      for (const value of [attributeLoss, maskLoss]) {
        assert(row.includes(measured(value)), `${measured(value)} in ${row}`);
      }
      const stopped = train("stopped", 1000);
      await page.click("tbody tr:has(button) button");
      const ended = await stopped;
      assert.equal(ended.code, 130, ended.err);
      await page.wait(() => /stopped.*stopped/.test(document.querySelector("tbody")!.textContent!));
      assert.deepEqual(await page.faults(), []);
    }),
});
