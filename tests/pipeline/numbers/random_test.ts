import assert from "node:assert/strict";
import { Random } from "../../../pipeline/numbers/random.ts";

/** The 32-bit words that next() is made of, recovered from its top and bottom bits. */
function firstWords(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => Math.floor(random.next() * 2 ** 27));
}

Deno.test("Random follows xoshiro128** from the state 1, 2, 3, 4", () => {
  // By hand: result = rotl(5 s1, 7) * 9, so 10 << 7 = 1280, times 9 = 11520; the next two words,
  // 0 and 5927040, come from the published step on the new state, and 70819200 is the fourth.
  const words = firstWords(Random.restore([1, 2, 3, 4]), 2);
  assert.deepEqual(words, [11520 >>> 5, 5927040 >>> 5]);
});

Deno.test("Random seeds its words through splitmix64", () => {
  // The published first two outputs of splitmix64 for the seed 1234567.
  const [low0, high0, low1, high1] = new Random(1234567).state;
  assert.equal(BigInt(high0!) << 32n | BigInt(low0!), 6457827717110365317n);
  assert.equal(BigInt(high1!) << 32n | BigInt(low1!), 3203168211198807973n);
});

Deno.test("Random gives the same numbers for the same seed and others for another", () => {
  const draw = (seed: number | string) => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.next());
  };
  assert.deepEqual(draw(64), draw(64));
  assert.deepEqual(draw("faces"), draw("faces"));
  assert.notDeepEqual(draw(64), draw(65));
  assert.notDeepEqual(draw(1), draw("1"));
  assert.notDeepEqual(draw(-1), draw(1));
});

Deno.test("Random.restore() goes on where the state was read", () => {
  const random = new Random(7);
  random.next();
  const copy = Random.restore(random.state);
  assert.deepEqual(
    Array.from({ length: 5 }, () => copy.normal()),
    Array.from({ length: 5 }, () => random.normal()),
  );
});

Deno.test("Random.fork() depends on state and label and leaves its parent alone", () => {
  const random = new Random(7);
  const before = random.state;
  const first = random.fork("pose").next();
  assert.deepEqual(random.state, before);
  assert.equal(random.fork("pose").next(), first);
  assert.notEqual(random.fork("skin").next(), first);
  random.next();
  assert.notEqual(random.fork("pose").next(), first);
});

Deno.test("Random.next(), integer() and normal() are distributed as they say (seed 3)", () => {
  const random = new Random(3);
  const count = 20_000;
  const bins = new Array<number>(7).fill(0);
  let [sum, normal, squares] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const value = random.next();
    assert.ok(value >= 0 && value < 1);
    sum += value;
    const bin = random.integer(7);
    bins[bin] = bins[bin]! + 1;
    const z = random.normal();
    normal += z;
    squares += z * z;
  }
  // Five standard errors of each mean: 0.289, 1 and 1.41 over the root of the count.
  assert.ok(Math.abs(sum / count - 0.5) < 0.0103, `mean ${sum / count}`);
  assert.ok(Math.abs(normal / count) < 0.0354, `normal mean ${normal / count}`);
  assert.ok(Math.abs(squares / count - 1) < 0.05, `normal variance ${squares / count}`);
  for (const bin of bins) assert.ok(Math.abs(bin - count / 7) < 250, `bins ${bins}`);
});

Deno.test("Random.shuffle() keeps every element and reaches every order (seed 5)", () => {
  const random = new Random(5);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle(["a", "b", "c"]).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const [order, times] of orders) {
    assert.ok(Math.abs(times - 1000) < 150, `${order} came ${times} times`);
  }
});

Deno.test("Random refuses seeds, bounds and states that are none", () => {
  assert.throws(() => new Random(0.5), RangeError);
  assert.throws(() => new Random(NaN), RangeError);
  assert.throws(() => new Random(1).integer(0), RangeError);
  assert.throws(() => new Random(1).integer(1.5), RangeError);
  assert.throws(() => Random.restore([1, 2, 3]), RangeError);
  assert.throws(() => Random.restore([0, 0, 0, 0]), RangeError);
  assert.throws(() => Random.restore([1, 2, 3, 2 ** 32]), RangeError);
});
