import assert from "node:assert/strict";
import { join } from "node:path";
import type { FaceDetail } from "../../../pipeline/view/wire.ts";
import { Browser, chromium } from "../../contexts/browser_context.ts";
import { SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

Deno.test({
  name: "view: labels are corrected by keyboard, one change after the other",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const file = join(folder, "faces.csv");
      await Deno.copyFile(SAMPLE_LANDMARKS, file);
      await using view = await ServedView.open({ landmarks: file, correcting: { file } });
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
