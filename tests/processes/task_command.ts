/** The project's tasks as processes. */

import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };

/** The project's folder, in which tasks run. */
export const ROOT: string = join(import.meta.dirname ?? ".", "..", "..");

/** The name of a task. */
export type TaskName = keyof typeof config.tasks;

/** What a process came to. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
export async function outcomeOf(command: Deno.Command): Promise<Outcome> {
  const { code, stdout, stderr } = await command.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

/** A task's command with arguments, as `deno task` runs it, with its permissions. */
export function taskCommand(
  task: TaskName,
  args: readonly string[],
  env = {},
  stdin: "null" | "piped" = "null",
  signal?: AbortSignal,
): Deno.Command {
  const [, ...words] = config.tasks[task].command.split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: [...words, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
    ...(signal ? { signal } : {}),
  });
}
