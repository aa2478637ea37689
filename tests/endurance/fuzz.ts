/**
 * `deno task endure fuzz -- --count 20000 --seed 1`: hostile files of every format, each of which must be
 * read, or refused with a sentence that names it, within 5 s and 1 GiB.
 *
 * ```text
 * --count N        cases, spread over the formats (20,000)
 * --seed N         decides them (1)
 * --format A,B     some formats alone
 * --keep DIR       writes the files that were not answered as they should be, to look into
 * --case N         one case alone, of one format; with --keep its file is written in any case
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCase, TARGETS } from "./fuzz/cases.ts";
import { type Finding, fuzz, type Outcome } from "./fuzz/supervise.ts";

/** Columns of the table. */
const HEAD = ["format", "cases", "accepted", "rejected", "at fault", "slowest, ms"];

/** The outcome as a table of text. */
export function outcomeText({ tallies, findings, peak }: Outcome): string {
  const rows = [...tallies].map(([format, { cases, accepted, rejected, slowest }]) => {
    const faults = findings.filter((finding) => finding.format === format).length;
    return [format, cases, accepted, rejected, faults, Math.round(slowest)];
  });
  const sum = (column: number) => rows.reduce((total, row) => total + Number(row[column]), 0);
  const slowest = Math.max(...rows.map((row) => Number(row[5])));
  rows.push(["together", ...[1, 2, 3, 4].map(sum), slowest]);
  const lines = [HEAD, ...rows].map(([name, ...cells]) =>
    String(name).padEnd(12) + cells.map((cell) => String(cell).padStart(13)).join("")
  );
  return `${lines.join("\n")}\nmost memory: ${Math.round(peak / 2 ** 20)} MiB`;
}

/** Writes the file of a case. */
export async function keepCase(
  folder: string,
  { format, seed, number }: { format: string; seed: number; number: number },
): Promise<string> {
  const target = TARGETS[format]!;
  const room = await Deno.makeTempDir({ prefix: "attparsenet-fuzz-" });
  try {
    await Deno.mkdir(join(room, target.file, ".."), { recursive: true });
    const { bytes, mutations } = await makeCase(target, await target.seeds(room), {
      ...{ format, seed, number },
    });
    const path = join(folder, `${format}-${seed}-${number}-${target.file.replaceAll("/", "-")}`);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeFile(path, bytes);
    return `${path} (${mutations.join(", ") || "as it was"})`;
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
      format: { type: "string", default: Object.keys(TARGETS).join(",") },
      keep: { type: "string" },
      case: { type: "string" },
    },
  });
  const formats = values.format.split(",");
  const unknown = formats.find((format) => !Object.hasOwn(TARGETS, format));
  if (unknown !== undefined) {
    print(`There is no format ${unknown}: ${Object.keys(TARGETS).join(", ")}`);
    return 2;
  }
  const seed = Number(values.seed);
  const onFinding = ({ format, number, fault }: Finding) =>
    print(`${format}, seed ${seed}, case ${number}: ${fault}`);
  const range = values.case === undefined
    ? { count: Math.ceil(Number(values.count) / formats.length) }
    : { count: 1, from: Number(values.case) };
  const outcome = await fuzz({ formats, seed, ...range, onFinding });
  print(outcomeText(outcome));
  if (values.keep !== undefined) {
    const cases = values.case === undefined
      ? outcome.findings
      : formats.map((format) => ({ format, number: Number(values.case) }));
    for (const { format, number } of cases) {
      print(await keepCase(values.keep, { format, seed, number }));
    }
  }
  return outcome.findings.length > 0 ? 1 : 0;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
