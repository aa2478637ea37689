/** Above which probability an attribute counts as predicted. */

import { join } from "node:path";
import { ATTRIBUTES } from "../face/attributes.ts";
import { readJsonText } from "../files/json_text.ts";
import { parseThresholds } from "../metrics/metrics_file.ts";

/** What is not decided otherwise, and what an attribute without a threshold of its own has. */
const EVEN = 0.5;

/** The same threshold for every attribute, one half by default. */
export function sameThreshold(threshold: number = EVEN): number[] {
  return ATTRIBUTES.map(() => threshold);
}

/**
 * The thresholds that `evaluate` has chosen for a run on the validation split, in the order of
 * `ATTRIBUTES`; one half for those for which none could be chosen.
 *
 * @throws {Error} If the run has not been evaluated, or without a validation split.
 * @throws {SyntaxError} If what it was evaluated to is damaged; the message names the file.
 */
export async function readTunedThresholds(run: string): Promise<number[]> {
  const path = join(run, "metrics.json");
  const missing =
    `${run} has no thresholds of its own: evaluate chooses them, on a data set with a ` +
    "validation split";
  const text = await readJsonText(path).catch((cause) => {
    if (cause instanceof Deno.errors.NotFound) throw new Error(missing, { cause });
    throw cause;
  });
  const chosen = parseThresholds(text, path);
  if (chosen === null) throw new Error(missing);
  return ATTRIBUTES.map((name) => chosen.get(name) ?? EVEN);
}
