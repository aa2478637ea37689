/**
 * Hostile files by the hundred; `deno task endure fuzz` reads them by the ten thousand.
 */

import assert from "node:assert/strict";
import { TARGETS } from "./fuzz/cases.ts";
import { makeCase } from "./fuzz/cases.ts";
import { keepCase, outcomeText } from "./fuzz.ts";
import { fuzz } from "./fuzz/supervise.ts";
import { faultOf } from "./fuzz/verdict.ts";
import { inFolder } from "../fixtures/face_records.ts";

const SEED = 5;

Deno.test("every format's hostile files are read, or refused with a sentence", async () => {
  const formats = Object.keys(TARGETS);
  // Two processes, one for each core of a small machine.
  await Promise.all([0, 1].map(async (part) => {
    const own = formats.filter((_, at) => at % 2 === part);
    const outcome = await fuzz({ formats: own, count: 200, seed: SEED });
    const text = outcomeText(outcome);
    assert.deepEqual(outcome.findings, [], `seed ${SEED}\n${text}`);
    for (const format of own) {
      const { cases, accepted } = outcome.tallies.get(format)!;
      assert.equal(cases, 200, format);
      assert.ok(accepted > 0, `nothing is accepted of ${format}: ${text}`);
    }
  }));
});

Deno.test("a case is made again from its format, seed and number", () =>
  inFolder(async (folder) => {
    const target = TARGETS.records!;
    const files = await target.seeds(folder);
    const made = (number: number) =>
      makeCase(target, files, { format: "records", seed: 3, number });
    const [one, again, other] = await Promise.all([made(7), made(7), made(8)]);
    assert.deepEqual(one, again);
    assert.notDeepEqual(one, other);
    assert.deepEqual((await made(0)).bytes, files[0], "the first ones are not damaged");
    const said = await keepCase(folder, { format: "records", seed: 3, number: 7 });
    const path = said.replace(/ \(.*/, "");
    assert.deepEqual(new Uint8Array(await Deno.readFile(path)), one.bytes);
  }));

Deno.test("faultOf() accepts a sentence that names the file", () => {
  assert.equal(
    faultOf(new SyntaxError("/tmp/case.csv:3: the row has 4 cells, not 5."), "case.csv"),
    null,
  );
  assert.equal(
    faultOf(new RangeError("Cannot decode case.jpg: it is too large"), "case.jpg"),
    null,
  );
});

Deno.test("faultOf() finds what is no reasoned rejection", () => {
  const cases: [error: unknown, fault: RegExp][] = [
    ["a.csv", /no Error was thrown/],
    [new SyntaxError("the row has 4 cells"), /the file is not named/],
    [new TypeError("a.csv: Cannot read properties of undefined (reading 'x')"), /engine speaks/],
    [new RangeError("a.csv: Invalid typed array length: -1"), /engine speaks/],
    [new RangeError("a.csv: Maximum call stack size exceeded"), /engine speaks/],
    [new RangeError("a.csv: Array buffer allocation failed"), /engine speaks/],
    [new WebAssembly.RuntimeError("a.csv: memory access out of bounds"), /engine speaks/],
    [new WebAssembly.RuntimeError("a.csv: unreachable"), /engine speaks/],
    [new TypeError("a.csv: x is not iterable"), /engine speaks/],
    [new SyntaxError("a.csv: found undefined"), /engine speaks/],
    [new SyntaxError('a.csv: found "\x1b[2J"'), /control character/],
    [new SyntaxError("a.csv: found\nmore"), /control character/],
    [new SyntaxError(`a.csv: found ${"9".repeat(2000)}`), /2013 characters/],
    [new assert.AssertionError({ message: "NaN" }), /makes no sense: NaN/],
  ];
  for (const [error, fault] of cases) assert.match(faultOf(error, "a.csv") ?? "", fault);
});

Deno.test("fuzz() finds what hangs, what crashes, and what takes too much memory", async () => {
  const program = (body: string) => `data:application/typescript,${encodeURIComponent(body)}`;
  const answer = (number: number, peak = 0) =>
    `console.log(JSON.stringify({format:"records",number:${number},said:null,fault:null,` +
    `milliseconds:1,peak:${peak}}));`;
  const faultsOf = async (body: string) => {
    const outcome = await fuzz({
      ...{ formats: ["records"], count: 1, seed: 1, patience: 300 },
      child: program(`console.log('{"format":"records","ready":true}');${body}`),
    });
    return outcome.findings.map(({ number, fault }) => `${number}: ${fault}`);
  };
  assert.deepEqual(await faultsOf("for (;;);"), ["0: it hangs for more than 0.3 s"]);
  assert.deepEqual(await faultsOf("Deno.exit(3)"), ["0: the process ended (exit code 3)"]);
  const [said] = await faultsOf(`console.log("hello");${answer(0)}`);
  assert.equal(said, "0: it speaks on stdout: hello");
  assert.deepEqual(await faultsOf(answer(0, 2 ** 31) + "for (;;);"), ["0: it takes 2048 MiB"]);
});
