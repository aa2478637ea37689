/** A browser for exported pages: Debian's Chromium, driven by puppeteer-core, where both can be had. */

import { join } from "node:path";
import { ALONE, isFetched } from "./npm_peer.ts";
import { runProcess } from "./python_peer.ts";

/** What is done with a page. */
export interface PageTask {
  readonly chromium: string;
  /** The exported folder. */
  readonly folder: string;
  /** The page shows each photo on each of them. */
  readonly backends: readonly string[];
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
  readonly errors: string[];
  /** The part of the policy that forbids a page to send something elsewhere. */
  attempt: string;
}

const PEER = join(import.meta.dirname!, "..", "peers", "models", "run_page.ts");

/** Path of Chromium; null where it or puppeteer-core is missing. */
export const chromium: string | null = await findChromium();

if (chromium === null) {
  const line =
    "NO BROWSER: chromium or npm's puppeteer-core cannot be had, so pages are NOT TESTED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

async function findChromium(): Promise<string | null> {
  for (const path of ["/usr/bin/chromium", "/usr/bin/chromium-browser"]) {
    const isThere = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
    if (isThere) return await isFetched(PEER) ? path : null;
  }
  return null;
}

/** Drives a page. */
export async function drivePage(task: Omit<PageTask, "chromium">): Promise<PageAnswer> {
  const input = new TextEncoder().encode(JSON.stringify({ chromium, ...task }));
  const args = ["run", "--quiet", "--no-check", "--allow-all", ...ALONE, PEER];
  const output = await runProcess(Deno.execPath(), args, [input]);
  return JSON.parse(new TextDecoder().decode(output));
}
