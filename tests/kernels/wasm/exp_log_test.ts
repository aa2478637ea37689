import assert from "node:assert/strict";
import { assemble } from "../../../kernels/wasm/wat/build.ts";
import {
  EXP_LOCALS,
  expOfMinus,
  logOf,
  SET_EXP_LOCALS,
} from "../../../kernels/wasm/wat/exp_log.ts";
import { func, load, loop, moduleOf, set, store, times } from "../../../kernels/wasm/wat/text.ts";

const SIZE = 1 << 16;

/** A function of WebAssembly text, of many numbers. */
async function compile(
  text: (...names: [string, string, string, string]) => string[],
): Promise<(given: Float32Array) => Float32Array> {
  const body = loop("at", 0, 4 * SIZE, 16)(
    `(local.set $x ${load("at")})`,
    ...text("y", "x", "n", "r"),
    store("at", "y"),
  );
  const source = moduleOf(
    func("work", [], { i32: "at", v128: ["x y n r", EXP_LOCALS] })(...SET_EXP_LOCALS, body),
  );
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
  const binary = await assemble("exp_log", source) as Uint8Array<ArrayBuffer>;
  const { exports } = (await WebAssembly.instantiate(binary, { heap: { memory } })).instance;
  return (given) => {
    const numbers = new Float32Array(memory.buffer, 0, SIZE);
    numbers.set(given);
    (exports.work as () => void)();
    return numbers.slice(0, given.length);
  };
}

/** The largest error as a share of what is expected. */
function worst(actual: Float32Array, given: Float32Array, expected: (x: number) => number): number {
  return actual.reduce((most, value, i) => {
    const right = expected(given[i]!);
    const error = value === right ? 0 : Math.abs(value / right - 1);
    return error > most || Number.isNaN(error) ? error : most;
  }, 0);
}

/** e^−|x| in one number. */
const exponential: Parameters<typeof compile>[0] = (to, x, power, r) => [
  ...expOfMinus(to, power, x, r),
  set(to, times(to, power)),
];

Deno.test("e^−|x| of WebAssembly is off by 1.6e-7 + 3e-9·|x| at most down to e^−86", async () => {
  const run = await compile(exponential);
  for (const sign of [1, -1]) {
    for (const most of [86, 5, 0.1]) {
      const given = Float32Array.from({ length: SIZE }, (_, i) => sign * most * i / SIZE);
      const error = worst(run(given), given, (x) => Math.exp(-Math.abs(x)));
      assert.ok(error <= 1.6e-7 + 3e-9 * most, `off by ${error} up to ${sign * most}`);
    }
  }
});

Deno.test("e^−|x| of WebAssembly is next to nothing beyond, and NaN of NaN", async () => {
  const run = await compile(exponential);
  const result = run(Float32Array.of(100, -1e4, Infinity, -Infinity, 0, -0, NaN));
  assert.ok(result.slice(0, 4).every((value) => value >= 0 && value < 1e-37));
  assert.deepEqual([...result.slice(4)], [1, 1, NaN]);
});

Deno.test("the logarithm of WebAssembly is off by 2.5e-7 at most from 1 to 2^65", async () => {
  const run = await compile(logOf);
  for (const most of [65, 1, 0.01]) {
    const given = Float32Array.from({ length: SIZE }, (_, i) => 2 ** (most * i / SIZE));
    const error = worst(run(given), given, Math.log);
    assert.ok(error <= 2.5e-7, `off by ${error} up to 2^${most}`);
  }
});
