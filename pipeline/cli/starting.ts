/**
 * The backend that a command runs on, with the one line that says which and why.
 *
 * @module
 */

import type { Backend } from "../backend.ts";
import type { CommonValues } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** Opens the backend. The caller disposes it. */
export async function startBackend(
  name: CommonValues["backend"],
  terminal: Terminal,
): Promise<Backend> {
  const { describeBackend } = await import("../backend.ts");
  const { chooseBackend } = await import("../backend_choice.ts");
  const backend = await chooseBackend(name, (line) => terminal.note(line));
  terminal.note(describeBackend(backend));
  return backend;
}
