/**
 * `deno task endure disk [-- --only WORD --count N --seed 1]`: every command that writes, with a disk that
 * is full (ENOSPC) or refuses (EACCES) from the k-th call on that writes, for every k.
 */

import { parseArgs } from "node:util";
import { Random } from "../../pipeline/numbers/random.ts";
import { print } from "../bench/measuring.ts";
import { diskCases, writeSource } from "./faults/disk_cases.ts";
import { failOnce, measureCase } from "./faults/disk_trial.ts";
import type { Fault } from "./faults/failing_disk.ts";

/** What {@linkcode failDisks} is to do. */
interface DiskJob {
  /** An empty folder to work in. */
  readonly folder: string;
  /** Takes only commands that have this in their name. */
  readonly only?: string;
  /** How many calls of each command fail, drawn by the seed; all by default. */
  readonly count?: number;
  readonly seed: number;
  /** Hears of each command, and of what went wrong. */
  readonly log: (line: string) => void;
}

const FAULTS: readonly Fault[] = ["ENOSPC", "EACCES"];

/** Lets the disk fail; returns a sentence for each time that something did not hold. */
export async function failDisks(job: DiskJob): Promise<string[]> {
  const { folder, only = "", count = Infinity, seed, log } = job;
  const source = await writeSource(folder);
  const random = new Random(seed);
  const wrong: string[] = [];
  for (const disk of diskCases(source).filter(({ name }) => name.includes(only))) {
    const measured = await measureCase(disk, source);
    const all = measured.calls.flatMap((_, at) => FAULTS.map((fault) => ({ at, fault })));
    const chosen = count < all.length ? random.shuffle(all).slice(0, count) : all;
    for (const failure of chosen) {
      const { name, path } = measured.calls[failure.at]!;
      await failOnce(measured, source, failure).catch((error: Error) => {
        const where = `${failure.fault} at call ${failure.at}, ${name} ${path}`;
        wrong.push(`${disk.name}: ${where}: ${error.message}`);
        log(wrong.at(-1)!);
      });
    }
    log(`${disk.name}: ${chosen.length} failures at ${measured.calls.length} calls`);
  }
  return wrong;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      count: { type: "string", default: "Infinity" },
      seed: { type: "string", default: "1" },
    },
  });
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-disk-" });
  try {
    const [count, seed] = [Number(values.count), Number(values.seed)];
    const wrong = await failDisks({ folder, only: values.only, count, seed, log: print });
    print(`${wrong.length} failures were not as they should be`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
