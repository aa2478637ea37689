import assert from "node:assert/strict";
import { Random } from "../../../../pipeline/numbers/random.ts";
import { parseDecimal } from "../../../../pipeline/files/tables/decimal.ts";

/** The number in the middle of other bytes, as cells lie in lines. */
function parse(text: string): number {
  const bytes = new TextEncoder().encode(`7,${text},7`);
  return parseDecimal(bytes, 2, bytes.length - 2);
}

function check(text: string, note = ""): void {
  const wanted = text.trim() === "" ? NaN : Number(text);
  assert.ok(Object.is(parse(text), wanted), `${text}: ${parse(text)}, not ${wanted} ${note}`);
}

Deno.test("parseDecimal() reads what Number() reads, bit by bit", () => {
  assert.equal(parse("22.29"), 22.29);
  assert.equal(parse("-0.07"), -0.07);
  assert.ok(Object.is(parse("-0"), -0) && Object.is(parse("-0.00"), -0));
  for (const text of ["0", "1.", ".5", "-.5", "-1.", "007.50", "+1", "1e3", "-2.5E-3", "1e400"]) {
    check(text);
  }
  for (const text of ["999999999999999", "0.1234567890123456", "9007199254740993", "0x1f"]) {
    check(text);
  }
  // Halves between two f64, which are rounded to even, and what is a little above.
  for (const text of ["4503599627370496.5", "4503599627370497.5", "4503599627370497.50001"]) {
    check(text);
  }
});

Deno.test("parseDecimal() says NaN for what is no number", () => {
  const wrong = ["", " ", "\t ", "-", ".", "-.", "1.2.3", "--1", "1-", "12px", "1,5", "e5", "NaN"];
  for (const text of [...wrong, "inf", "nan", "١", "1_000"]) {
    assert.ok(Number.isNaN(parse(text)), `${text}: ${parse(text)}`);
  }
  assert.equal(parse("Infinity"), Infinity, "as Number() has it: who needs it finite looks");
});

Deno.test("parseDecimal() agrees with Number() on random decimals", () => {
  const seed = 2611;
  const random = new Random(seed);
  const digits = (count: number) =>
    Array.from({ length: count }, () => random.integer(10)).join("");
  for (let n = 0; n < 50_000; n++) {
    const [before, behind] = [random.integer(n % 4 === 0 ? 20 : 5), random.integer(20)];
    const sign = ["", "", "-", "+"][random.integer(4)];
    const point = random.integer(4) === 0 ? "" : "." + digits(behind);
    const exponent = random.integer(8) === 0 ? `e${random.integer(60) - 30}` : "";
    check(`${sign}${digits(before)}${point}${exponent}`, `(seed ${seed}, ${n})`);
  }
});
