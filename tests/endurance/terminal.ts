/**
 * `deno task endure terminal [-- --columns 60,100,200 --program FILE]`: every command on terminals of several
 * widths, as a task or as the standalone file that is named, against what it writes into a pipe.
 */

import { parseArgs } from "node:util";
import { print } from "../bench/measuring.ts";
import { TerminalTrial } from "../processes/on_terminal.ts";

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      columns: { type: "string", default: "60,100,200" },
      program: { type: "string" },
    },
  });
  const program = values.program === undefined ? [Deno.execPath(), "task"] : [values.program];
  await using trial = await TerminalTrial.make(program);
  for (const columns of values.columns.split(",").map(Number)) {
    await trial.run(() => columns);
    print(`${columns} columns: every command leaves what it writes into a pipe`);
  }
}

if (import.meta.main) await main(Deno.args);
