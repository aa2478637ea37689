/**
 * Reading CelebA's complete label file, 202,599 rows, by `readLabels` and by pandas: as CelebA has it
 * and as the csv of its mirrors. Both run alternately, in processes of their own; medians are printed.
 *
 * Needs the real file (see `../contexts/real_data.ts`), and python3 with pandas for the comparison.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { findPython } from "../contexts/python_peer.ts";
import { realData, unzipTo } from "../contexts/real_data.ts";
import { median, print } from "./measuring.ts";

const ROUNDS = 5;
const PEERS = join(import.meta.dirname ?? ".", "..", "peers");
/** The process under measurement. */
const READER = join(import.meta.dirname ?? ".", "contenders", "read_labels.ts");

/** What a reader prints. */
interface Reading {
  readonly seconds: number;
  readonly rows: number;
  readonly positives: readonly number[];
}

/** One run of a reader: its reading, and the whole process. */
interface Run extends Reading {
  readonly process: number;
  readonly peakMiB: number;
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const done = await new Deno.Command(command, { args: [...args], stderr: "inherit" }).output();
  if (!done.success) throw new Error(`${command} ${args.join(" ")} ended with ${done.code}.`);
  return new TextDecoder().decode(done.stdout);
}

async function measure(python: string, command: readonly string[]): Promise<Run> {
  const measured = JSON.parse(
    await output(python, [join(PEERS, "measure_process.py"), ...command]),
  ) as { seconds: number; peakMiB: number; output: string };
  const reading = JSON.parse(measured.output) as Reading;
  return { ...reading, process: measured.seconds, peakMiB: measured.peakMiB };
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(28) + cells.map((cell) => cell.padStart(12)).join("");
}

async function compare(python: string, file: string, what: string): Promise<void> {
  const own = [Deno.execPath(), "run", "--no-prompt", "--allow-read", READER];
  const commands = {
    attparsenet: [...own, file],
    pandas: [python, join(PEERS, "read_labels_pandas.py"), file],
  };
  const runs: Record<keyof typeof commands, Run[]> = { attparsenet: [], pandas: [] };
  for (let round = 0; round < ROUNDS; round++) {
    runs.attparsenet.push(await measure(python, commands.attparsenet));
    runs.pandas.push(await measure(python, commands.pandas));
  }
  assert.deepEqual(runs.attparsenet[0]?.positives, runs.pandas[0]?.positives, "both read the same");
  const middle = (name: keyof typeof commands) =>
    (["seconds", "process", "peakMiB"] as const).map((key) =>
      median(runs[name].map((run) => run[key]))
    );
  const ours = middle("attparsenet");
  const theirs = middle("pandas");
  print(row(what, ["read s", "process s", "peak MiB"]));
  print(row("  attparsenet", ours.map((value) => value.toFixed(2))));
  print(row("  pandas", theirs.map((value) => value.toFixed(2))));
  print(row("  ratio", ours.map((value, at) => (value / (theirs[at] as number)).toFixed(2))));
}

async function main(): Promise<void> {
  const archive = await realData("celeba-annotations", "list_attr_celeba.zip");
  const python = await findPython("pandas");
  if (python === null) print("SKIPPED: there is no python3 with pandas to compare with.");
  if (archive === null || python === null) return;
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const official = join(folder, "list_attr_celeba.txt");
    await unzipTo(archive, official);
    const mirror = join(folder, "list_attr_celeba.csv");
    const [, ...lines] = (await Deno.readTextFile(official)).split("\r\n");
    const text = lines.map((line) => line.trim().replaceAll(/ +/g, ",")).join("\n");
    await Deno.writeTextFile(mirror, `image_id,${text}`);
    print(`medians of ${ROUNDS} alternating runs, 202,599 rows`);
    await compare(python, official, "list_attr_celeba.txt");
    await compare(python, mirror, "list_attr_celeba.csv");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await main();
