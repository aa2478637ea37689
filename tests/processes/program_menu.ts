/**
 * The menu behind `deno task bench` and `deno task endure`: lists programs, and runs them by name,
 * each in a process of its own so that none warms up or fills the memory of another. Arguments after
 * `--` go to the programs.
 */

import { print } from "../bench/measuring.ts";

const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys"];

/** What can be chosen from. */
interface ProgramMenu {
  /** What a program is called: `benchmark`. */
  readonly kind: string;
  /** The task that starts them: `bench`. */
  readonly task: string;
  /** Paths of the programs by name. */
  readonly programs: ReadonlyMap<string, string>;
}

/** Runs one program with this process's own streams; returns its exit code. */
async function run(path: string, args: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...PERMISSIONS, path, ...args],
  }).spawn().status;
  return code;
}

/**
 * Runs the programs that the arguments name, up to the first that fails; without a name, lists all.
 * Returns the exit code.
 */
export async function runPrograms(
  { kind, task, programs }: ProgramMenu,
  args: readonly string[],
): Promise<number> {
  const split = args.indexOf("--", 1);
  const names = (split < 0 ? args : args.slice(0, split)).filter((word) => word !== "--");
  const rest = split < 0 ? [] : args.slice(split + 1);
  const unknown = names.find((name) => !programs.has(name));
  if (unknown !== undefined || names.length === 0) {
    const problem = unknown === undefined ? "" : `There is no ${kind} "${unknown}". `;
    const list = [...programs.keys()].sort().join(", ") || "none yet";
    print(`${problem}To choose from: ${list}. Run one: deno task ${task} NAME`);
    return unknown === undefined ? 0 : 2;
  }
  for (const name of names) {
    print(`# ${name}`);
    const code = await run(programs.get(name) as string, rest);
    if (code !== 0) return code;
  }
  return 0;
}
