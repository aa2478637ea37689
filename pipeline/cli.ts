/**
 * The command line: reads the arguments, runs one command, and turns its end into an exit code
 * (0 done, 1 failed, 2 called wrongly, 130 interrupted).
 *
 * @module
 */

import "./cli/environment.ts";
import { devicesIdle } from "../kernels/webgpu/device_work.ts";
import type { CommonValues, Context } from "./cli/command.ts";
import { canGoOn, describe, EXIT, exitCodeOf } from "./cli/failure.ts";
import { abortOnSignals } from "./cli/interrupt.ts";
import { parseArguments, type Request } from "./cli/parse_arguments.ts";
import { keepOnly, type Need } from "./cli/permissions.ts";
import { PROGRAM } from "./cli/program.ts";
import { shellWord } from "./files/shell_word.ts";
import { Terminal } from "./cli/terminal/terminal.ts";

/**
 * Runs what the arguments ask for and says with which code the process should end.
 *
 * @param confine Told what the command needs, before it runs.
 */
export async function main(
  args: readonly string[],
  confine: (needs: readonly Need[]) => Promise<void> = async () => {},
): Promise<number> {
  // Until the arguments are understood, their words alone say how to report that they are not.
  let options = {
    json: args.includes("--json"),
    quiet: false,
    verbose: args.includes("--verbose"),
  };
  let terminal = new Terminal(options);
  let hint = "";
  try {
    const request = parseArguments(PROGRAM, args);
    if ("text" in request) {
      await terminal.record(request.text.trimEnd());
      return EXIT.ok;
    }
    options = request.values as unknown as CommonValues;
    terminal = new Terminal(options);
    await confine(request.command.needs);
    const again = (...added: string[]) => goingOn(args, added);
    await runCommand(request, { terminal, again, onInterrupt: (text) => void (hint = text) });
    return EXIT.ok;
  } catch (error) {
    return await fail(error, terminal, options, hint);
  }
}

async function runCommand(
  { command, values, operands }: Exclude<Request, { text: string }>,
  rest: Omit<Context, "signal">,
): Promise<void> {
  const { terminal } = rest;
  const signal = abortOnSignals(() => terminal.warn("Stopping; Ctrl-C again ends it at once."));
  const result = await command.run(values as Values, { ...rest, signal }, operands);
  terminal.finish();
  if (result) await terminal.json(result);
}

/** The command line that resumes: these arguments without `--force`, and `added`. */
function goingOn(args: readonly string[], added: readonly string[]): string {
  const words = [
    ...args.filter((arg) => arg !== "--force"),
    ...added.filter((arg) => !args.includes(arg)),
  ];
  return [PROGRAM.name, ...words.map((word) => shellWord(word))].join(" ");
}

type Values = CommonValues & Record<string, never>;

/** Reports an error the way the options ask for; returns the exit code. */
async function fail(
  error: unknown,
  terminal: Terminal,
  { json, verbose }: { json: boolean; verbose: boolean },
  hint: string,
): Promise<number> {
  const code = exitCodeOf(error);
  if (code === EXIT.ok) return code;
  const interrupted = code === EXIT.interrupted;
  const end = canGoOn(error) && hint ? `. ${hint}` : "";
  const message = interrupted
    ? `Interrupted. ${hint || "The same command starts again."}`
    : describe(error, verbose) + end;
  try {
    terminal.abandon();
    terminal.warn(interrupted ? message : `Error: ${message}`);
    if (json) {
      await terminal.json({ error: interrupted ? message : describe(error, false) + end });
    }
  } catch {
    // Nobody reads any more; the exit code is all that is left to say.
  }
  return code;
}

/** What a process of its own does: nothing beyond what its command needs is left to it. The standalone file calls it. */
export async function run(): Promise<never> {
  const code = await main(Deno.args, keepOnly);
  await devicesIdle();
  Deno.exit(code);
}

if (import.meta.main) await run();
