/** Exported pages in the browsers that are installed. */

import { join } from "node:path";
import type { InstalledBrowser } from "./browser_context.ts";
import { ALONE } from "./npm_peer.ts";
import { runProcess } from "./python_peer.ts";

/** What is done with a page. */
export interface PageTask {
  readonly browser: InstalledBrowser;
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

/** Drives a page. */
export async function drivePage(task: PageTask): Promise<PageAnswer> {
  const input = new TextEncoder().encode(JSON.stringify(task));
  const args = ["run", "--quiet", "--no-check", "--allow-all", ...ALONE, PEER];
  const output = await runProcess(Deno.execPath(), args, [input]);
  return JSON.parse(new TextDecoder().decode(output));
}
