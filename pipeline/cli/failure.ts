/** The ways a command ends other than well, and their exit codes. */

import { DeviceLost } from "../../kernels/webgpu/device_loss.ts";
import { WriteError } from "../files/write_file.ts";

export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The command was called wrongly; nothing has been done. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The user asked to stop (Ctrl-C, SIGTERM or SIGHUP). Exit code 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("Interrupted");
  }
}

/** The reader of our output has closed it, as in `… | head`. Exit code 0. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";

  constructor() {
    super("The reader of the output has gone");
  }
}

/** The exit code for what a command threw. An error that an interruption caused counts as one. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof SuppressedError) return exitCodeOf(error.suppressed);
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Interrupted) return EXIT.interrupted;
    if (cause instanceof ReaderGone) return EXIT.ok;
    if (cause instanceof UsageError) return EXIT.usage;
  }
  return EXIT.failure;
}

/** Whether the work can resume once the cause is fixed: a full or forbidden disk, or a lost GPU. */
export function canGoOn(error: unknown): boolean {
  if (error instanceof SuppressedError) return canGoOn(error.suppressed);
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof WriteError || cause instanceof DeviceLost) return true;
  }
  return false;
}

/** What went wrong: one line, or with stacks and causes if `verbose`. */
export function describe(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return String(error);
  // The first failure caused those during cleanup.
  if (error instanceof SuppressedError) return describe(error.suppressed, verbose);
  if (!verbose) return systemFailure(error) ?? (error.message || error.name);
  const cause = error.cause === undefined ? "" : `\nCaused by: ${describe(error.cause, true)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/** A refusal by the system in words; null for any other error. */
function systemFailure(error: Error): string | null {
  const path = /\(os error \d+\).* '(.+)'/.exec(error.message)?.[1];
  if (path === undefined) return null;
  const { NotFound, PermissionDenied, IsADirectory, NotADirectory, AlreadyExists } = Deno.errors;
  if (error instanceof NotFound) return `There is no file or folder ${path}`;
  if (error instanceof PermissionDenied) return `The system does not permit the use of ${path}`;
  if (error instanceof IsADirectory) return `${path} is a folder; a file is needed`;
  if (error instanceof NotADirectory) return `${path} is a file; a folder is needed`;
  return error instanceof AlreadyExists ? `${path} exists already` : null;
}
