/** Hostile files, each made again from its format, a seed and its number. */

import { Random } from "../../../pipeline/numbers/random.ts";
import { PICTURE_TARGETS } from "./picture_targets.ts";
import { RUN_TARGETS } from "./run_targets.ts";
import { TABLE_TARGETS } from "./table_targets.ts";
import type { Bytes, Target } from "./target.ts";
import { TRAVEL_TARGETS } from "./travel_targets.ts";

/** Everything that reads bytes from outside, by the format's name. */
export const TARGETS: Readonly<Record<string, Target>> = {
  ...PICTURE_TARGETS,
  ...TABLE_TARGETS,
  ...RUN_TARGETS,
  ...TRAVEL_TARGETS,
};

/** A hostile file. */
interface Case {
  readonly bytes: Bytes;
  /** What was done to it, in order. */
  readonly mutations: readonly string[];
}

/** Most changes to one file: with more, nothing of it is left. */
const CHANGES = 3;

/**
 * Makes a case. Number 0 and so on up to the number of seeds are the undamaged files themselves.
 *
 * @param files The format's undamaged files.
 */
export async function makeCase(
  { mutations, seal }: Target,
  files: readonly Bytes[],
  { format, seed, number }: { format: string; seed: number; number: number },
): Promise<Case> {
  if (number < files.length) return { bytes: files[number]!.slice(), mutations: [] };
  const random = new Random(`${format} ${seed} ${number}`);
  let bytes = files[random.integer(files.length)]!.slice();
  const names = Object.keys(mutations);
  const done: string[] = [];
  for (let count = 1 + random.integer(CHANGES); count > 0; count--) {
    const name = names[random.integer(names.length)]!;
    bytes = mutations[name]!(bytes, random);
    done.push(name);
  }
  if (!seal || random.next() < 0.5) return { bytes, mutations: done };
  return { bytes: await seal(bytes), mutations: [...done, "checksums put right"] };
}
