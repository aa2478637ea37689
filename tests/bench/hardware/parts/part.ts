/** Running the parts of `deno task bench hardware` one by one: whatever becomes of one, the others go on. */

import type { PartName } from "../options.ts";
import type { Results } from "../results.ts";

/** What a part works with. */
export interface Bench {
  /** Where a part leaves what it found, also of the parts before it. */
  readonly results: Results;
  /** A folder for what the program keeps between runs, empty at first: nothing is known of the machine. */
  readonly cache: string;
  /** Aborted when the part's time is over. */
  readonly signal: AbortSignal;
  /** Prints a line. */
  print(line: string): void;
  /** Prints and keeps a line on what is missing. */
  fail(line: string): void;
}

/** Something that is measured. */
export interface Part {
  readonly name: PartName;
  /** Most seconds for all of it. */
  readonly limit: number;
  /** Measures, prints, and leaves the results. What it throws is printed. */
  run(bench: Bench): Promise<void>;
}

/** How the parts are run. */
interface Run {
  /** Most seconds for all of them. */
  readonly seconds: number;
  readonly cache: string;
  print(line: string): void;
}

/** Seconds that a part has for its last words after its time is over. */
const GRACE = 2;

/** Runs the parts in their order. */
export async function runParts(parts: readonly Part[], run: Run): Promise<Results> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const results: Results = { adapter: null, steps: [], failures: [], seconds: 0 };
  for (const part of parts) {
    const left = run.seconds - elapsed();
    await runPart(part, Math.min(part.limit, left), run, results);
  }
  results.seconds = elapsed();
  return results;
}

async function runPart(
  { name, run }: Part,
  limit: number,
  { cache, print, seconds }: Run,
  results: Results,
): Promise<void> {
  const fail = (line: string) => {
    results.failures.push(line);
    print(line);
  };
  if (limit <= 0) return fail(`${name}: left out, since the ${seconds} s for all parts are over`);
  const over = new AbortController();
  const reason = `the ${limit.toFixed(0)} s for ${name} are over`;
  const stop = setTimeout(() => over.abort(new Error(reason)), 1000 * limit);
  let isClosed = false;
  let giveUp: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const late = 1000 * (limit + Math.min(GRACE, limit));
    giveUp = setTimeout(() => reject(new Error(`no result within ${limit.toFixed(0)} s`)), late);
  });
  try {
    const open = (tell: (line: string) => void) => (line: string) => {
      if (!isClosed) tell(line);
    };
    const bench = { results, cache, signal: over.signal, print: open(print), fail: open(fail) };
    await Promise.race([run(bench), tooLong]);
  } catch (error) {
    fail(`${name}: ${messageOf(error)}`);
  } finally {
    isClosed = true;
    clearTimeout(stop);
    clearTimeout(giveUp);
  }
}

/** The first line of what went wrong. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? "";
}
