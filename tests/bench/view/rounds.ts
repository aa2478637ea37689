/** Figures of several rounds, and their medians. */

import { median, print } from "../measuring.ts";

/** By what is measured. */
export type Figures = Record<string, number>;

/** Measures several times, prints the medians and returns them; `measure` is told which time it is, from 0. */
export async function inRounds(
  count: number,
  measure: (round: number) => Promise<Figures>,
): Promise<Figures> {
  const rounds: Figures[] = [];
  for (let round = 0; round < count; round++) rounds.push(await measure(round));
  const medians = Object.fromEntries(
    Object.keys(rounds[0]!).map((name) => [name, median(rounds.map((figures) => figures[name]!))]),
  );
  for (const [name, value] of Object.entries(medians)) {
    print(`${name.padEnd(44)} ${value.toFixed(value < 10 ? 2 : 1)}`);
  }
  return medians;
}
