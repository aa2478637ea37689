/**
 * The WebAssembly of convolutions: text with its inner loops unrolled. `deno task wat` assembles it to
 * `conv2d.wasm`.
 *
 * Two functions walk matrix products without an im2col buffer. Each holds a tile of sums in registers:
 * PIXELS (or ROWS) by 8, as two vectors of four, which leaves room in the 16 vector registers for two
 * vectors of the other factor and one number repeated four times. Products are added by
 * `relaxed_madd`: fused where the processor can, which rounds once instead of twice.
 *
 * @module
 */

/** Output pixels in a tile of {@linkcode conv2dText}'s `conv2d`. */
export const PIXELS = 5;
/** Rows of the filter in a tile of `filter_grad`. */
export const ROWS = 5;
/** Channels in a tile of both. */
export const CHANNELS = 8;

/** Times the inner loop is unrolled. */
const UNROLL = 4;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const lines = (parts: readonly string[]) => parts.join("\n");

/** One step of the inner product: a vector pair of the filter by one number of each row of the tile. */
function step(rows: number, a: (row: number) => string, b: string, offset: number): string {
  return lines([
    `(local.set $b0 (v128.load offset=${offset} ${b}))`,
    `(local.set $b1 (v128.load offset=${offset + 16} ${b}))`,
    ...range(rows).flatMap((row) => [
      `(local.set $s (v128.load32_splat ${a(row)}))`,
      `(local.set $c${row}0 (f32x4.relaxed_madd (local.get $s) (local.get $b0) (local.get $c${row}0)))`,
      `(local.set $c${row}1 (f32x4.relaxed_madd (local.get $s) (local.get $b1) (local.get $c${row}1)))`,
    ]),
  ]);
}

const sums = (rows: number) =>
  range(rows).map((row) => `(local $c${row}0 v128) (local $c${row}1 v128)`);

const add = (name: string, by: string) => `(local.set ${name} (i32.add (local.get ${name}) ${by}))`;

/** `STEPS` inner steps at once over the numbers at $a0, $a1, … and the panel at $f, until $a0 is $to. */
function innerLoop(name: string, steps: number, to: string): string {
  return lines([
    `(block $${name}_end (loop $${name}`,
    `(br_if $${name}_end (i32.ge_u (local.get $a0) (local.get ${to})))`,
    ...range(steps).map((k) =>
      step(PIXELS, (row) => `offset=${4 * k} (local.get $a${row})`, "(local.get $g)", 32 * k)
    ),
    ...range(PIXELS).map((row) => add(`$a${row}`, `(i32.const ${4 * steps})`)),
    add("$g", `(i32.const ${32 * steps})`),
    `(br $${name})))`,
  ]);
}

/**
 * y [P, N] = windows of x [B, H, W, C] times f, for the pixels first..<last; sizes and strides in bytes.
 *
 * f is laid out in panels [N / 8][KH·KW·C][8]. A window is `taps` runs of `run` bytes that lie `row`
 * bytes apart. Past the last of P pixels the last one is computed again.
 */
const CONV2D = lines([
  `(func (export "conv2d")`,
  `(param $x i32) (param $f i32) (param $y i32) (param $first i32) (param $last i32)`,
  `(param $pixels i32) (param $width i32) (param $area i32)`,
  `(param $pixel i32) (param $row i32) (param $image i32)`,
  `(param $taps i32) (param $run i32) (param $panels i32)`,
  ...range(PIXELS).map((row) => `(local $p${row} i32) (local $a${row} i32) (local $y${row} i32)`),
  ...sums(PIXELS),
  `(local $b0 v128) (local $b1 v128) (local $s v128) (local $q i32) (local $g i32)`,
  `(local $panel i32) (local $tap i32) (local $end i32) (local $fours i32) (local $out i32)`,
  `(block $done (loop $tile`,
  `(br_if $done (i32.ge_u (local.get $first) (local.get $last)))`,
  // Where the windows of the tile's pixels begin, and where their sums go.
  ...range(PIXELS).flatMap((row) => [
    `(local.set $q (i32.add (local.get $first) (i32.const ${row})))`,
    `(if (i32.ge_u (local.get $q) (local.get $pixels))`,
    `  (then (local.set $q (i32.sub (local.get $pixels) (i32.const 1)))))`,
    `(local.set $y${row} (i32.add (local.get $y)`,
    `  (i32.mul (local.get $q) (i32.shl (local.get $panels) (i32.const 5)))))`,
    `(local.set $p${row} (i32.add (local.get $x) (i32.add`,
    `  (i32.mul (i32.div_u (local.get $q) (local.get $area)) (local.get $image))`,
    `  (i32.add`,
    `    (i32.mul (i32.div_u (i32.rem_u (local.get $q) (local.get $area)) (local.get $width)) (local.get $row))`,
    `    (i32.mul (i32.rem_u (i32.rem_u (local.get $q) (local.get $area)) (local.get $width)) (local.get $pixel))))))`,
  ]),
  `(local.set $g (local.get $f))`,
  `(local.set $out (i32.const 0))`,
  `(local.set $panel (local.get $panels))`,
  `(loop $next_panel`,
  ...range(PIXELS).flatMap((row) => [
    `(local.set $a${row} (local.get $p${row}))`,
    `(local.set $c${row}0 (v128.const i32x4 0 0 0 0))`,
    `(local.set $c${row}1 (v128.const i32x4 0 0 0 0))`,
  ]),
  `(local.set $tap (local.get $taps))`,
  `(loop $next_tap`,
  `(local.set $end (i32.add (local.get $a0) (local.get $run)))`,
  `(local.set $fours (i32.sub (local.get $end) (i32.rem_u (local.get $run) (i32.const ${
    4 * UNROLL
  }))))`,
  innerLoop("unrolled", UNROLL, "$fours"),
  innerLoop("single", 1, "$end"),
  ...range(PIXELS).map((row) => add(`$a${row}`, `(i32.sub (local.get $row) (local.get $run))`)),
  `(local.set $tap (i32.sub (local.get $tap) (i32.const 1)))`,
  `(br_if $next_tap (local.get $tap)))`,
  ...range(PIXELS).flatMap((row) => [
    `(v128.store (i32.add (local.get $y${row}) (local.get $out)) (local.get $c${row}0))`,
    `(v128.store offset=16 (i32.add (local.get $y${row}) (local.get $out)) (local.get $c${row}1))`,
  ]),
  add("$out", "(i32.const 32)"),
  `(local.set $panel (i32.sub (local.get $panel) (i32.const 1)))`,
  `(br_if $next_panel (local.get $panel)))`,
  add("$first", `(i32.const ${PIXELS})`),
  `(br $tile))))`,
]);

/**
 * g [KH·KW·C, N] += sums over a block of output rows of one image of x (window) times dy; sizes and
 * strides in bytes. It takes ROWS numbers of the window at `x` (those at `g`'s rows), all N channels.
 *
 * The block has `rows` rows of `columns` pixels: x advances by `pixel` bytes a pixel and `skip` more at
 * the end of a row, dy by `channels` bytes a pixel.
 */
const FILTER_GRAD = lines([
  `(func (export "filter_grad")`,
  `(param $x i32) (param $dy i32) (param $g i32) (param $rows i32) (param $columns i32)`,
  `(param $pixel i32) (param $skip i32) (param $channels i32) (param $panels i32)`,
  ...sums(ROWS),
  `(local $b0 v128) (local $b1 v128) (local $s v128) (local $a i32) (local $d i32)`,
  `(local $i i32) (local $j i32) (local $out i32)`,
  `(loop $panel`,
  `(local.set $out (local.get $g))`,
  ...range(ROWS).flatMap((row) => [
    `(local.set $c${row}0 (v128.load (local.get $out)))`,
    `(local.set $c${row}1 (v128.load offset=16 (local.get $out)))`,
    add("$out", "(local.get $channels)"),
  ]),
  `(local.set $a (local.get $x))`,
  `(local.set $d (local.get $dy))`,
  `(local.set $i (local.get $rows))`,
  `(loop $row`,
  `(local.set $j (local.get $columns))`,
  `(loop $column`,
  step(ROWS, (row) => `offset=${4 * row} (local.get $a)`, "(local.get $d)", 0),
  add("$a", "(local.get $pixel)"),
  add("$d", "(local.get $channels)"),
  `(local.set $j (i32.sub (local.get $j) (i32.const 1)))`,
  `(br_if $column (local.get $j)))`,
  add("$a", "(local.get $skip)"),
  `(local.set $i (i32.sub (local.get $i) (i32.const 1)))`,
  `(br_if $row (local.get $i)))`,
  `(local.set $out (local.get $g))`,
  ...range(ROWS).flatMap((row) => [
    `(v128.store (local.get $out) (local.get $c${row}0))`,
    `(v128.store offset=16 (local.get $out) (local.get $c${row}1))`,
    add("$out", "(local.get $channels)"),
  ]),
  add("$g", "(i32.const 32)"),
  add("$dy", "(i32.const 32)"),
  `(local.set $panels (i32.sub (local.get $panels) (i32.const 1)))`,
  `(br_if $panel (local.get $panels))))`,
]);

/** The module's text. */
export const conv2dText: string = lines([
  `(module`,
  `(import "threads" "memory" (memory 1 65536 shared))`,
  CONV2D,
  FILTER_GRAD,
  `)`,
]);
