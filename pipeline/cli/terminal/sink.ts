/** Where text goes: stdout and stderr. */

import { WriteError } from "../../files/write_file.ts";
import { ReaderGone } from "../failure.ts";

/** Where text goes: stdout, stderr, or a list in a test. */
export interface Sink {
  /** Writes all of the text, or throws. Blocks the thread while the reader is slow. */
  write(text: string): void;
  /** The same without blocking Ctrl-C: for bulk output, and the last line. */
  send(text: string): Promise<void>;
  /** Columns of the terminal it is, or null if it is a file or a pipe. */
  readonly columns: number | null;
}

/**
 * A standard stream. A slow reader slows the command down, and nothing is lost.
 *
 * @param needed Whether a failed write aborts the work.
 */
function standard(stream: typeof Deno.stdout, needed: boolean): Sink {
  const encoder = new TextEncoder();
  const fail = (cause: unknown) => {
    if (!needed) return;
    if (cause instanceof Deno.errors.BrokenPipe) throw new ReaderGone();
    throw new WriteError("to standard output", cause);
  };
  return {
    write(text) {
      let rest: Uint8Array = encoder.encode(text);
      try {
        while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
      } catch (cause) {
        fail(cause);
      }
    },
    async send(text) {
      let rest: Uint8Array = encoder.encode(text);
      try {
        while (rest.length > 0) rest = rest.subarray(await stream.write(rest));
      } catch (cause) {
        fail(cause);
      }
    },
    get columns() {
      return stream.isTerminal() ? consoleColumns() : null;
    },
  };
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

export const STDOUT: Sink = standard(Deno.stdout, true);

export const STDERR: Sink = standard(Deno.stderr, false);
