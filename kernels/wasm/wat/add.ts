/**
 * The WebAssembly that adds tensors. `deno task wat` assembles it to `add.wasm`.
 *
 * y[i] = a[i] + b[i mod N], all f32 and by fours; `period` is 4·N, the bytes of b. Every piece takes the fours
 * first..<last of y.
 */

import {
  add,
  func,
  increase,
  load,
  loop,
  moduleOf,
  mul,
  plus,
  rem,
  set,
  store,
  when,
} from "./text.ts";

const ADD = func("add", "a b y period first last", { i32: "i at from" })(
  set("at", mul("first", 16)),
  set("from", rem("at", "period")),
  loop("i", "first", "last")(
    store(add("y", "at"), plus(load(add("a", "at")), load(add("b", "from")))),
    increase("at", 16),
    increase("from", 16),
    when(`(i32.eq (local.get $from) (local.get $period))`, set("from", 0)),
  ),
);

export const addText: string = moduleOf(ADD);
