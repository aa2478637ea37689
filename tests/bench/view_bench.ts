/**
 * The local page on a data set of any size: seconds from the command's start to its address, and to the first grid
 * in sight; frames a second while the grid scrolls at several speeds; and MiB of the server. The browser draws
 * without a graphics card, as it does in tests, so frames are fewer than elsewhere.
 *
 * `--dataset DIR` and `--landmarks FILE` (the sample), `--rounds N` (3): medians are printed; with `--json` the
 * last line is all results. Needs Chromium.
 */

import "../../pipeline/cli/environment.ts";
import { parseArgs } from "node:util";
import { Browser, chromium, type Page } from "../contexts/browser_context.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../contexts/train_context.ts";
import { taskCommand } from "../processes/task_command.ts";
import { median, print } from "./measuring.ts";

/** Pixels a frame: 60 frames of the first are a slow look, of the last a leap through thousands of faces. */
const SPEEDS = [20, 60, 120, 200, 4000] as const;
/** Frames that a speed is held for. */
const FRAMES = 240;
/** Tiles that make a first grid. */
const FIRST_TILES = 40;

/** By what is measured. */
type Figures = Record<string, number>;

const { values } = parseArgs({
  options: {
    dataset: { type: "string", default: SAMPLE },
    landmarks: { type: "string", default: SAMPLE_LANDMARKS },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});

async function measure(): Promise<Figures> {
  await using browser = Browser.open();
  const page = browser.page();
  await page.view(1280);
  const start = performance.now();
  const args = ["--dataset", values.dataset, "--landmarks", values.landmarks];
  await using command = taskCommand("view", args).spawn();
  const address = await addressIn(command.stdout);
  const said = performance.now();
  await page.go(address);
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
  figures["server, MiB"] = await residentMiB(command.pid);
  command.kill("SIGTERM");
  await command.status;
  return figures;
}

async function addressIn(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const [address] = /http:\S+/.exec(text) ?? [];
    if (address !== undefined && text.includes("\n")) return address;
  }
  throw new Error(`The command has no address: ${text}`);
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

if (chromium === null) throw new Error("Chromium is needed");
const rounds: Figures[] = [];
for (let round = 0; round < Number(values.rounds); round++) rounds.push(await measure());
const medians = Object.fromEntries(
  Object.keys(rounds[0]!).map((name) => [name, median(rounds.map((figures) => figures[name]!))]),
);
for (const [name, value] of Object.entries(medians)) {
  print(`${name.padEnd(28)} ${value.toFixed(1)}`);
}
if (values.json) print(JSON.stringify(medians));
