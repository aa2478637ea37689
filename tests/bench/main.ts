/**
 * `deno task bench NAME…`: runs benchmarks, each in a process of its own so that none warms up or
 * fills the memory of another. Without a name it lists them. Arguments after `--` go to the benchmark.
 *
 * A benchmark is a program `tests/bench/NAME_bench.ts` that prints what it measured.
 *
 * @module
 */

import { join } from "node:path";
import { print } from "./measuring.ts";

const FOLDER = import.meta.dirname ?? ".";
const ENDING = "_bench.ts";
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys"];

function benchmarks(): string[] {
  return [...Deno.readDirSync(FOLDER)]
    .map(({ name }) => name)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** Runs one benchmark with this process's own streams; returns its exit code. */
async function run(name: string, args: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...PERMISSIONS, join(FOLDER, name + ENDING), ...args],
  }).spawn().status;
  return code;
}

async function main(args: readonly string[]): Promise<number> {
  const split = args.indexOf("--", 1);
  const words = (split < 0 ? args : args.slice(0, split)).filter((word) => word !== "--");
  const rest = split < 0 ? [] : args.slice(split + 1);
  const known = benchmarks();
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined || words.length === 0) {
    const problem = unknown === undefined ? "" : `There is no benchmark "${unknown}". `;
    const list = known.length > 0 ? known.join(", ") : "none yet";
    print(`${problem}Benchmarks: ${list}. Run one: deno task bench NAME`);
    return unknown === undefined ? 0 : 2;
  }
  for (const name of words) {
    print(`# ${name}`);
    const code = await run(name, rest);
    if (code !== 0) return code;
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
