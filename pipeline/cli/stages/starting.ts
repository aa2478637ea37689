/** The backend that a command runs on, with the one line that says which and why. */

import type { Backend } from "../../compute/backend.ts";
import type { BackendWork } from "../../compute/backend_choice.ts";
import type { CommonValues, Values } from "../command.ts";
import type { THREADED } from "./placing.ts";
import type { Terminal } from "../terminal/terminal.ts";

type ComputeValues = Pick<CommonValues, "backend"> & Values<typeof THREADED>;

/**
 * Opens the backend. The caller disposes it.
 *
 * @param work What it is for, by which `auto` chooses.
 */
export async function startBackend(
  { backend: name, threads }: ComputeValues,
  terminal: Terminal,
  work?: BackendWork,
): Promise<Backend> {
  const { describeBackend } = await import("../../compute/backend.ts");
  const { chooseBackend } = await import("../../compute/backend_choice.ts");
  const backend = await chooseBackend(name, (line) => terminal.note(line), work, threads);
  terminal.note(describeBackend(backend));
  return backend;
}

/** Opens the backend for a trained network, which is not going to be trained. */
export async function startBackendFor(
  run: string,
  values: ComputeValues,
  terminal: Terminal,
): Promise<Backend> {
  const { readRunConfig } = await import("../../train/files/run_folder.ts");
  // The stage says what is wrong with the folder.
  const config = values.backend === "auto" ? await readRunConfig(run).catch(() => null) : null;
  return await startBackend(values, terminal, config ? { network: config.network } : undefined);
}
