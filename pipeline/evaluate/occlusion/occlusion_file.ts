/** Reading `RUN/occlusion.json`. */

import {
  count,
  fields,
  list,
  nullable,
  number,
  share,
  text,
  tuple,
} from "../../files/json_shape.ts";
import { parseMarked } from "../../files/schema.ts";
import type { Occlusion } from "./shifts.ts";

const ESTIMATE = nullable(fields({ mean: number, interval: nullable(tuple(number, number)) }));
const SHIFTS = { region: ESTIMATE, elsewhere: ESTIMATE, difference: ESTIMATE };
const OCCLUSION = fields({
  split: text,
  faces: count,
  level: share,
  resamples: count,
  seed: count,
  means: fields({ attributes: count, ...SHIFTS, fall: fields(SHIFTS) }),
  attributes: list(
    fields({ name: text, faces: count, ...SHIFTS, fall: fields({ faces: count, ...SHIFTS }) }),
  ),
});

/**
 * The occlusion in a file's text.
 *
 * @throws {SyntaxError} With `path:line`, if it is none.
 */
export function parseOcclusion(source: string, path: string): Occlusion {
  const occlusion = parseMarked("occlusion", source, path);
  const misfit = OCCLUSION(occlusion);
  if (misfit === null) return occlusion as unknown as Occlusion;
  throw new SyntaxError(`${path}:1: shifts of the attributes are expected: ${misfit.slice(1)}`);
}
