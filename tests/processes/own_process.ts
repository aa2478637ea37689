/**
 * A function in a process of its own, whose memory no other test's work is part of:
 * `deno run … own_process.ts MODULE NAME ARGUMENTS`.
 */

import assert from "node:assert/strict";
import "../../pipeline/cli/environment.ts";
import { outcomeOf } from "./task_command.ts";

// deno-lint-ignore no-explicit-any
type Called = (...args: any[]) => Promise<unknown>;

/**
 * Calls an exported function of a module. Arguments and result travel as JSON.
 *
 * @param module Address of the module.
 */
export async function inOwnProcess<F extends Called>(
  module: string,
  name: string,
  ...args: Parameters<F>
): Promise<Awaited<ReturnType<F>>> {
  const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env"];
  const words = ["run", "--no-check", ...permissions, import.meta.filename!];
  const command = new Deno.Command(Deno.execPath(), {
    args: [...words, module, name, JSON.stringify(args)],
    stdin: "null",
  });
  const { out, err } = await outcomeOf(command);
  const [, result] = RESULT.exec(out) ?? [];
  assert(result, `${name}() has no result:\n${out}${err}`);
  return JSON.parse(result);
}

/** The last line on stdout. */
const RESULT = /^result: (.*)\n$/m;

if (import.meta.main) {
  const [module, name, args] = Deno.args as [string, string, string];
  const called = (await import(module))[name] as Called;
  const result = JSON.stringify(await called(...JSON.parse(args)));
  await Deno.stdout.write(new TextEncoder().encode(`result: ${result}\n`));
}
