/** One command whose disk fails once, and what must hold then. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exists, ignoreMissing, UNFINISHED } from "../../../pipeline/files/write_file.ts";
import { decodeSafetensors } from "../../../pipeline/files/safetensors.ts";
import { runCommandLine } from "./command_line.ts";
import { type DiskCase, prepareCase, type Source } from "./disk_cases.ts";
import { type Call, FailingDisk, type Failure, type Fault } from "./failing_disk.ts";
import { type Content, contentOfRun, hashesOf } from "./run_content.ts";

/** A case as it goes without a failure. */
interface Measured {
  readonly disk: DiskCase;
  readonly calls: readonly Call[];
  /** Before the command, after it, and after it without times. */
  readonly before: Content;
  readonly after: Content;
  readonly timeless: Content;
}

/** Runs a case on a disk that counts. */
export async function measureCase(disk: DiskCase, source: Source): Promise<Measured> {
  return await inCase(disk, source, async (folder) => {
    const before = await hashesOf(folder);
    using counting = new FailingDisk(folder);
    const { code, err } = await runCommandLine(disk.args(folder));
    assert.equal(code, 0, `${disk.name}: ${err}`);
    const { calls } = counting;
    counting[Symbol.dispose]();
    const after = await hashesOf(folder);
    return { disk, calls, before, after, timeless: await timelessContent(folder) };
  });
}

/** Lets one call fail, looks at what is left, and runs the command again. */
export async function failOnce(
  measured: Measured,
  source: Source,
  failure: Failure,
): Promise<void> {
  const { disk } = measured;
  await inCase(disk, source, async (folder) => {
    const failed = await runFailing(disk.args(folder), folder, failure);
    await checkWhole(measured, folder);
    if (failed.code === 0) {
      assert.equal(measured.calls[failure.at]!.name, "remove", "it says nothing");
      // A lock that nobody holds may stay.
      const left = Object.entries(await timelessContent(folder));
      const content = Object.fromEntries(left.filter(([name]) => !name.endsWith(".lock")));
      assert.deepEqual(content, measured.timeless);
      return;
    }
    checkSentence(failed.err, folder, failure.fault);
    assert.equal(failed.code, 1, failed.err);
    const again = await runCommandLine([...disk.args(folder), ...disk.again ?? []]);
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(await timelessContent(folder), measured.timeless);
  });
}

async function runFailing(args: readonly string[], folder: string, failure: Failure) {
  using _ = new FailingDisk(folder, failure);
  return await runCommandLine(args);
}

/** Always the same folder, since its name is in what some commands write. */
async function inCase<T>(
  disk: DiskCase,
  source: Source,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(source.folder, "case");
  await prepareCase(disk, source, folder);
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The content of a case's folder after its command, in which the clock does not count. */
async function timelessContent(folder: string): Promise<Content> {
  const run = join(folder, "run");
  const ofRun = await exists(run, "report.html") ? await contentOfRun(run) : {};
  // Of a run that was trained or imported alone, both tell the time.
  if (!await exists(run, "report.html")) {
    for (const name of ["log.ndjson", "config.json"]) {
      await Deno.remove(join(run, name)).catch(ignoreMissing);
    }
  }
  return { ...ofRun, ...await hashesOf(folder) };
}

const REASONS: Readonly<Record<Fault, RegExp>> = {
  ENOSPC: /No space left on device/,
  EACCES: /Permission denied|does not permit/,
};

/** One line that names a file in the folder and the reason. */
export function checkSentence(err: string, folder: string, fault: Fault): void {
  assert.match(err, /^Error: [^\n]+\n$/);
  assert.match(err, REASONS[fault]);
  assert(err.includes(folder), `it names no file: ${err}`);
  assert.doesNotMatch(err, /undefined|\[object|suppressed/);
}

/** Every file with a final name is what was there before, or what the command writes, or whole. */
export async function checkWhole(
  { before, after }: Pick<Measured, "before" | "after">,
  folder: string,
): Promise<void> {
  const hashes = await hashesOf(folder);
  for (const [name, hash] of Object.entries(hashes)) {
    if (isUnfinished(name) || hash === before[name] || hash === after[name]) continue;
    const bytes = await Deno.readFile(join(folder, name));
    assert(isWhole(name, bytes), `${name} is neither old nor new, and not whole`);
  }
  for (const name of Object.keys(before)) {
    assert(name in hashes, `${name} was there before, and is gone`);
  }
}

/** Files that grow while they have their name, and names that say it. */
function isUnfinished(name: string): boolean {
  return name.split("/").some((part) => part.endsWith(UNFINISHED)) ||
    /\.unfinished\.ndjson$|log\.ndjson$|\.lock$/.test(name);
}

/** Whether a file whose content depends on the clock, or on how far a training has come, is whole. */
function isWhole(name: string, bytes: Uint8Array): boolean {
  try {
    if (name.endsWith(".safetensors")) decodeSafetensors(bytes);
    else if (name.endsWith(".json")) JSON.parse(new TextDecoder().decode(bytes));
    else if (name.endsWith(".html")) return /<\/html>\s*$/.test(new TextDecoder().decode(bytes));
    else if (name.endsWith("/README.md")) {
      return /^## Limits\n[^]*\.\n$/m.test(new TextDecoder().decode(bytes));
    } else return name.endsWith("weights.bin") && bytes.length > 0 && bytes.length % 4 === 0;
    return true;
  } catch {
    return false;
  }
}
