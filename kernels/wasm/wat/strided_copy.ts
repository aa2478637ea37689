/**
 * The WebAssembly that copies views of tensors, with zeros where x has nothing. `deno task wat` assembles it
 * to `strided_copy.wasm`.
 *
 * x is of bounds along its axes, strides apart; y [.., second, third, run] begins `start` into it. Runs and
 * strides come in bytes. Every piece takes the rows first..<last of y, counted through its three outer axes.
 */

import {
  add,
  and,
  clear,
  div,
  func,
  increase,
  loop,
  moduleOf,
  mul,
  rem,
  set,
  sub,
  when,
} from "./text.ts";

/** 1 where a place lies in x. A place before its begin is large without its sign. */
const within = (place: string, bound: string) =>
  `(i32.lt_u (local.get $${place}) (local.get $${bound}))`;
const between = (value: string, most: string) =>
  `(select (local.get $${most}) (select (i32.const 0) ${value} (i32.lt_s ${value} (i32.const 0))) ` +
  `(i32.gt_s ${value} (local.get $${most})))`;

const STRIDED_COPY = func(
  "strided_copy",
  "x y second third run start_a start_b start_c start bound_a bound_b bound_c bound stride_a stride_b stride_c first last",
  { i32: "i a b c to head tail" },
)( // Of a run the bytes head..<tail are in x, the others not.
  set("head", between(sub(0, "start"), "run")),
  set("tail", between(sub("bound", "start"), "run")),
  set("to", add("y", mul("first", "run"))),
  loop("i", "first", "last")(
    set("a", add("start_a", div("i", mul("second", "third")))),
    set("b", add("start_b", rem(div("i", "third"), "second"))),
    set("c", add("start_c", rem("i", "third"))),
    when(
      and(
        within("a", "bound_a"),
        within("b", "bound_b"),
        within("c", "bound_c"),
        "(i32.lt_s (local.get $head) (local.get $tail))",
      ),
      [
        clear("to", "head"),
        `(memory.copy ${add("to", "head")} ${
          add(
            "x",
            mul("a", "stride_a"),
            mul("b", "stride_b"),
            mul("c", "stride_c"),
            "start",
            "head",
          )
        } ${sub("tail", "head")})`,
        clear(add("to", "tail"), sub("run", "tail")),
      ].join("\n"),
      clear("to", "run"),
    ),
    increase("to", "run"),
  ),
);

export const stridedCopyText: string = moduleOf(STRIDED_COPY);
