/**
 * The process in which hostile files are read: it may hang or crash, and its parent sees that.
 *
 * Reads jobs from stdin, a JSON {@linkcode Job} a line, and writes an {@linkcode Answer} a line. Its only
 * argument is the folder in which the files lie.
 */

import { dirname, join } from "node:path";
import { readLines } from "../../../pipeline/files/read_lines.ts";
import { makeCase, TARGETS } from "./cases.ts";
import { peakMemory } from "./peak_memory.ts";
import type { Bytes, Target } from "./target.ts";
import { faultOf } from "./verdict.ts";

/** Cases of one format, from one number up to another. */
export interface Job {
  readonly format: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What became of a case, or that the cases of a format begin now. */
export type Answer =
  | { readonly format: string; readonly ready: true }
  | {
    readonly format: string;
    readonly number: number;
    /** What was thrown: null where the file was read. */
    readonly said: string | null;
    /** What is wrong with that: null where nothing is. */
    readonly fault: string | null;
    readonly milliseconds: number;
    /** Most memory that the process has held so far, in bytes. */
    readonly peak: number;
  };

async function work(job: Job, room: string): Promise<void> {
  const { format, seed } = job;
  const target = TARGETS[format]!;
  const folder = join(room, format);
  await Deno.mkdir(dirname(join(folder, target.file)), { recursive: true });
  const files = await target.seeds(folder);
  tell({ format, ready: true });
  for (let number = job.from; number < job.to; number++) {
    const { bytes } = await makeCase(target, files, { format, seed, number });
    tell({ format, number, ...await readCase(target, folder, bytes), peak: peakMemory() });
  }
}

async function readCase({ file, read }: Target, folder: string, bytes: Bytes) {
  const path = join(folder, file);
  await Deno.writeFile(path, bytes);
  const start = performance.now();
  const error = await read(path, folder).then(() => null, (error: unknown) => ({ error }));
  const milliseconds = performance.now() - start;
  if (error === null) return { said: null, fault: null, milliseconds };
  const name = file.slice(file.lastIndexOf("/") + 1);
  return { said: String(error.error), fault: faultOf(error.error, name), milliseconds };
}

function tell(answer: Answer): void {
  let rest: Uint8Array = new TextEncoder().encode(JSON.stringify(answer) + "\n");
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

if (import.meta.main) {
  const [room = "."] = Deno.args;
  for await (const { text } of readLines(Deno.stdin.readable, "stdin")) {
    await work(JSON.parse(text), room);
  }
}
