/** Browsers for exported pages: Debian's Chromium and Firefox, driven by puppeteer-core, where they can be had. */

import { join } from "node:path";
import { ALONE, isFetched } from "./npm_peer.ts";
import { runProcess } from "./python_peer.ts";

/** A browser that is installed. */
export interface PageBrowser {
  readonly browser: "chromium" | "firefox";
  readonly path: string;
  /** The page shows each photo on each of them: what the browser has without a graphics card. */
  readonly backends: readonly string[];
}

/** What is done with a page. */
export interface PageTask {
  readonly browser: PageBrowser;
  /** The exported folder. */
  readonly folder: string;
  /** Paths of photos. */
  readonly photos: readonly string[];
  /** Paths of files that show no face. */
  readonly noFaces: readonly string[];
  /** Pictures of the page that are wanted, with the first photo. */
  readonly pictures: readonly { path: string; width: number; dark: boolean }[];
}

/** What the page shows of a photo. */
export interface ShownFace {
  readonly status: string;
  /** By name, the likeliest first. */
  readonly probabilities: Readonly<Record<string, number>>;
  readonly attributes: readonly string[];
}

/** What came of it. */
export interface PageAnswer {
  readonly faces: Record<string, ShownFace[]>;
  /** What the page said of files without a face, and of the camera's picture. */
  readonly notes: string[];
  /** What the picture is called once an attribute has been chosen; empty if it stays as it was. */
  map: string;
  /** Of the page in each picture, in pixels: more than the window's where it has to be scrolled sideways. */
  readonly widths: number[];
  /** Addresses beyond the page's own server that were asked for. */
  readonly elsewhere: string[];
  /** What the page's policy forbade, before the last attempt. */
  violations: string[];
  /** What went wrong in the page, before that too. */
  errors: string[];
  /** The part of the policy that forbids a page to send something elsewhere. */
  attempt: string;
}

const PEER = join(import.meta.dirname!, "..", "peers", "models", "run_page.ts");

const INSTALLED: readonly PageBrowser[] = [
  { browser: "chromium", path: "/usr/bin/chromium", backends: ["wasm", "webgl", "webgpu"] },
  { browser: "firefox", path: "/usr/bin/firefox-esr", backends: ["wasm", "webgpu"] },
];

/** The browsers that can be driven; none where puppeteer-core is missing. */
export const BROWSERS: readonly PageBrowser[] = await findBrowsers();

if (BROWSERS.length === 0) {
  const line =
    "NO BROWSER: chromium or npm's puppeteer-core cannot be had, so pages are NOT TESTED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

async function findBrowsers(): Promise<PageBrowser[]> {
  const found: PageBrowser[] = [];
  for (const browser of INSTALLED) {
    const isThere = await Deno.stat(browser.path).then(({ isFile }) => isFile, () => false);
    if (isThere) found.push(browser);
  }
  return found.length > 0 && await isFetched(PEER) ? found : [];
}

/** Drives a page. */
export async function drivePage(task: PageTask): Promise<PageAnswer> {
  const input = new TextEncoder().encode(JSON.stringify(task));
  const args = ["run", "--quiet", "--no-check", "--allow-all", ...ALONE, PEER];
  const output = await runProcess(Deno.execPath(), args, [input]);
  return JSON.parse(new TextDecoder().decode(output));
}
