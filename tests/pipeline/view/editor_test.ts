import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../../pipeline/dataset.ts";
import { joinLandmarks, readLandmarks } from "../../../pipeline/landmarks.ts";
import { segments } from "../../../pipeline/segments.ts";
import { anchorsOf } from "../../../pipeline/view/page/correct/fit_shape.ts";
import { Browser, chromium, type Page } from "../../contexts/browser_context.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** Faces that have no points at first. */
const REJECTED = ["000003.jpg", "000011.jpg"];

/** The sample's landmarks but for two faces; the truth of those. */
async function landmarksWithout(file: string): Promise<Map<string, Float32Array>> {
  const lines = (await Deno.readTextFile(SAMPLE_LANDMARKS)).split("\n");
  const kept = lines.filter((line) => !REJECTED.some((image) => line.startsWith(image)));
  await Deno.writeTextFile(file, kept.join("\n"));
  const reasons = REJECTED.map((image) => JSON.stringify({ image, reason: "no face found" }));
  await Deno.writeTextFile(file.replace(".csv", ".rejected.ndjson"), reasons.join("\n") + "\n");
  return await pointsIn(SAMPLE_LANDMARKS);
}

async function pointsIn(file: string): Promise<Map<string, Float32Array>> {
  const rows = await Array.fromAsync(readLandmarks(file));
  return new Map(rows.map(({ image, points }) => [image, points]));
}

/** Where a spot of the picture is in the window. */
function inWindow(page: Page, x: number, y: number): Promise<[x: number, y: number]> {
  return page.evaluate(
    (x, y) => {
      const svg = document.querySelector<SVGSVGElement>("svg.canvas")!;
      const spot = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()!);
      return [spot.x, spot.y] as [number, number];
    },
    x,
    y,
  );
}

/** Where a point is in the picture. */
function pointOn(page: Page, point: number): Promise<[x: number, y: number]> {
  return page.evaluate((point) => {
    const dot = document.querySelector(`[data-point="${point}"]`)!;
    return [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))] as [number, number];
  }, point);
}

Deno.test({
  name:
    "view: a rejected face is placed by five clicks, five points are corrected, and segments has them",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const file = join(folder, "faces.csv");
      const truth = await landmarksWithout(file);
      const [first, second] = REJECTED as [string, string];
      const saved: number[][] = [];
      {
        await using view = await ServedView.open({ landmarks: file, correcting: { file } });
        await using browser = Browser.open();
        const page = browser.page();
        await page.view(1200);
        await page.go(view.address);
        await page.waitForText("2 faces have no points");
        await page.click(".rejected-queue a");
        await page.waitForText("Click the eye on the left");
        await page.wait(() => document.querySelector("svg.canvas"));
        for (const [x, y] of anchorsOf(Array.from(truth.get(first)!))) {
          await page.clickAt(...await inWindow(page, x, y));
        }
        await page.wait(() => document.querySelectorAll("svg .dot").length === 68);
        const off = await Promise.all(Array.from({ length: 68 }, async (_, point) => {
          const [x, y] = await pointOn(page, point);
          const expected = truth.get(first)!.subarray(2 * point, 2 * point + 2);
          return Math.hypot(x - expected[0]!, y - expected[1]!);
        }));
        const mean = off.reduce((sum, value) => sum + value) / off.length;
        // The drawn faces are no mean faces; the distance between their eyes is some 35 pixels.
        assert(mean < 6, `the points are off by ${mean} pixels`);
        for (const point of [0, 8, 16, 19, 57]) {
          const [x, y] = truth.get(first)!.subarray(2 * point, 2 * point + 2);
          const from = await inWindow(page, ...await pointOn(page, point));
          await page.drag(from, await inWindow(page, x!, y!));
        }
        await page.press("ArrowRight");
        await page.press("Control+z");
        for (const point of [0, 8, 16, 19, 57]) saved[point] = await pointOn(page, point);
        await page.press("s");
        await page.waitForText(second);
        await page.press("x");
        await page.waitForText("All faces are placed");
        assert.deepEqual(await page.faults(), []);
      }
      const written = await pointsIn(file);
      const points = written.get(first)!;
      for (const [point, [x, y] = []] of saved.entries()) {
        if (x === undefined) continue;
        const expected = truth.get(first)!.subarray(2 * point, 2 * point + 2);
        assert(Math.hypot(points[2 * point]! - x, points[2 * point + 1]! - y!) < 0.01, `${point}`);
        const far = Math.hypot(x - expected[0]!, y! - expected[1]!);
        assert(far < 0.6, `point ${point} was pulled to ${far} pixels from the truth`);
      }
      assert.equal(written.has(second), false);
      const rejected = await Deno.readTextFile(join(folder, "faces.rejected.ndjson"));
      assert.match(rejected, /000011\.jpg.*by hand/);
      assert.doesNotMatch(rejected, /000003\.jpg/);
      const extent = { height: 218, width: 178 };
      const faces = joinLandmarks(file)((await openDataset(SAMPLE)).records());
      for await (
        const { record, bits } of segments({ frame: extent, mask: extent, gpu: null })(faces)
      ) {
        if (record.image === first) assert(bits!.some((word) => word !== 0), "it has segments");
        if (record.image === second) assert.equal(bits, null);
      }
    }),
});

Deno.test({
  name: "view: a face that another page has changed is shown as changed, and nothing is lost",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const file = join(folder, "faces.csv");
      await landmarksWithout(file);
      await using view = await ServedView.open({ landmarks: file, correcting: { file } });
      await using browser = Browser.open();
      const page = browser.page();
      await page.go(view.address + "#/face/5/edit");
      await page.wait(() => document.querySelectorAll("svg .dot").length === 68);
      const before = await pointOn(page, 0);
      const [status] = await view.send("POST", "/api/faces/5/no-face", { revision: 0 });
      assert.equal(status, 200);
      await page.press("ArrowRight");
      await page.press("s");
      await page.waitForText("Somebody else has changed this face");
      await page.evaluate(() =>
        [...document.querySelectorAll("button")].find(({ textContent }) =>
          textContent!.startsWith("Keep mine")
        )!.click()
      );
      await page.press("s");
      await page.waitForText("000007.jpg");
      const face = await view.ask<{ points: number[] }>("/api/faces/5");
      assert(Math.abs(face.points[0]! - before[0] - 1) < 0.011, `${face.points[0]} ${before[0]}`);
    }),
});
