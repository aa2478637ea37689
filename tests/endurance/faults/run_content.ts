/** What a finished run's folder holds, without what only the clock decides. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { filesBelow } from "../../../pipeline/files/folder_files.ts";
import { report } from "../../../pipeline/report.ts";

/** Texts and hashes of a folder's files by their paths in it. */
export type Content = Readonly<Record<string, string>>;

/** Of every file below a folder, SHA-256 of its bytes. */
export async function hashesOf(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const name of (await Array.fromAsync(filesBelow(folder))).sort()) {
    const bytes = await Deno.readFile(join(folder, name));
    hashes[name] = createHash("sha256").update(bytes).digest("hex");
  }
  return hashes;
}

/**
 * The content of a run's folder, in which two runs are equal if all bits are. Times are taken out of
 * the folder for this: it is of no further use.
 */
export async function contentOfRun(run: string): Promise<Content> {
  const written = await Deno.readTextFile(join(run, "report.html"));
  await report({ run });
  const isOfThisRun = written === await Deno.readTextFile(join(run, "report.html"));
  await changeText(join(run, "config.json"), withoutDate);
  await changeText(join(run, "log.ndjson"), withoutTimes);
  await report({ run });
  return { ...await hashesOf(run), "report.html is of what lies there": String(isOfThisRun) };
}

async function changeText(path: string, change: (text: string) => string): Promise<void> {
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
}

function withoutDate(text: string): string {
  return JSON.stringify({ ...JSON.parse(text), created: "" });
}

function withoutTimes(text: string): string {
  return text.trimEnd().split("\n").map((line) => {
    const { seconds: _, imagesPerSecond: __, waitShare: ___, ...rest } = JSON.parse(line);
    return JSON.stringify(rest) + "\n";
  }).join("");
}
