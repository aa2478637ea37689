/** The grid of a data set of any size: until it is there, and while it scrolls. */

import { Browser, type Page } from "../../contexts/browser_context.ts";
import { OpenedView } from "./opened_view.ts";
import type { Figures } from "./rounds.ts";

/** Pixels a frame: 60 frames of the first are a slow look, of the last a leap through thousands of faces. */
const SPEEDS = [20, 60, 120, 200, 4000] as const;
/** Frames that a speed is held for. */
const FRAMES = 240;
/** Tiles that make a first grid. */
const FIRST_TILES = 40;

/** @param args Arguments of `view`: the data set and its landmarks. */
export async function measureScrolling(args: readonly string[]): Promise<Figures> {
  await using browser = Browser.open();
  const page = browser.page();
  await page.view(1280);
  const start = performance.now();
  await using view = await OpenedView.open(args);
  const said = performance.now();
  await page.go(view.address);
  await page.wait((count) => {
    const tiles = [...document.querySelectorAll<HTMLImageElement>(".tile img")];
    return tiles.filter(({ naturalWidth }) => naturalWidth > 0).length >= count;
  }, FIRST_TILES);
  const shown = performance.now();
  const figures: Figures = {
    "address, s": (said - start) / 1000,
    "first grid, s": (shown - start) / 1000,
  };
  // Until the landmarks are read, the server has work of its own.
  await page.wait(async () =>
    (await (await fetch("api/faces?state=found&count=1")).json()).total > 0
  );
  for (const speed of SPEEDS) figures[`frames/s at ${speed} pixels`] = await scroll(page, speed);
  figures["server, MiB"] = await residentMiB(view.pid);
  return figures;
}

/** Frames a second. */
function scroll(page: Page, speed: number): Promise<number> {
  return page.evaluate(
    async (speed, frames) => {
      const start = performance.now();
      for (let frame = 0; frame < frames; frame++) {
        scrollBy(0, speed);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return 1000 * frames / (performance.now() - start);
    },
    speed,
    FRAMES,
  );
}

async function residentMiB(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
    .output();
  return Number(new TextDecoder().decode(stdout)) / 1024;
}
