/** Functions that do the same to every number of some arrays, four at a time and the last ones alone. */

import { add, func, load, loop, mul, set, splat, store, sub, term } from "./text.ts";

/** What such a function is given. */
interface Parameters {
  /** Addresses of f32 [N]. */
  readonly arrays: readonly string[];
  /** Bits of f32; four times over each is the local variable `NAME_4`. */
  readonly factors: readonly string[];
}

/** Reads the number, or four, of an array at which the function stands. */
type Read = (array: string) => string;

type Write = (array: string, value: string) => string;

/**
 * A function of the numbers first..<last.
 *
 * @param locals Variables of four numbers that the body uses.
 */
export function elementwise(
  name: string,
  { arrays, factors }: Parameters,
  locals: readonly string[],
  body: (read: Read, write: Write) => readonly string[],
): string {
  const at = (array: string) => add(array, "at");
  const fours = body((array) => load(at(array)), (array, value) => store(at(array), value));
  const single = body(
    (array) => `(v128.load32_zero ${at(array)})`,
    (array, value) => `(v128.store32_lane 0 ${at(array)} ${term(value)})`,
  );
  return func(name, [arrays, factors, "first last"], {
    i32: "i at",
    v128: [factors.map((factor) => `${factor}_4`), locals],
  })(
    ...factors.map((factor) => set(`${factor}_4`, splat(factor))),
    loop("i", "first", sub("last", 3), 4)(set("at", mul("i", 4)), ...fours),
    loop("i", "i", "last")(set("at", mul("i", 4)), ...single),
  );
}
