import assert from "node:assert/strict";
import { join } from "node:path";
import { type CsvRow, csvRow, parseCsv, readCsv } from "../../../pipeline/files/csv.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { withFolder } from "../../fixtures/dataset_folder.ts";

/** The rows of a text that arrives in pieces of `size` bytes. */
function parse(text: string, size = 1 << 16): Promise<CsvRow[]> {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return Array.fromAsync(parseCsv(ReadableStream.from(pieces), "test.csv"));
}

Deno.test("parseCsv() yields rows with their lines, whatever the ends of lines and pieces", async () => {
  const text = '\ufeffimage,x\r\n\r\n000001.jpg,1.5\n  \n"a ""b"", c",\n"two\nlines",2\rž,"3"';
  const rows = [
    { line: 1, fields: ["image", "x"] },
    { line: 3, fields: ["000001.jpg", "1.5"] },
    { line: 5, fields: ['a "b", c', ""] },
    { line: 7, fields: ["two\nlines", "2"] },
    { line: 8, fields: ["ž", "3"] },
  ];
  for (const size of [1, 2, 3, 7, 1000]) {
    assert.deepEqual(await parse(text, size), rows, `pieces of ${size} bytes`);
  }
  assert.deepEqual(await parse(""), []);
  assert.deepEqual(await parse("\n\n"), []);
});

Deno.test("parseCsv() says where quotes do not match and where a row does not end", async () => {
  await assert.rejects(parse('a,b\n"a,b\nc'), /^SyntaxError: test\.csv:\d: .*never closed/);
  await assert.rejects(parse('a,b\n"a"x,b\n'), /^SyntaxError: test\.csv:2: after a closing quote/);
  await assert.rejects(parse('a,b\nc,d"e\n'), /^SyntaxError: test\.csv:2: a quote stands inside/);
  await assert.rejects(parse("x".repeat(2_000_000)), /^SyntaxError: test\.csv:1: .* longer than/);
});

Deno.test("csvRow() writes what parseCsv() reads back", async () => {
  assert.equal(csvRow(["a", 1.5, "b,c", 'd"', "", -0.25]), 'a,1.5,"b,c","d""",,-0.25\n');
  assert.throws(() => csvRow(["a", NaN]), RangeError);
  const random = new Random(6);
  const letters = ["a", "ž", '"', ",", "\n", "\r", " ", ";"];
  const rows = Array.from(
    { length: 100 },
    () =>
      Array.from(
        { length: 3 },
        () => Array.from({ length: random.integer(5) }, () => letters[random.integer(8)]).join(""),
      ),
  );
  // A first cell keeps the rows from being blank lines, which are left out.
  const text = rows.map((fields) => csvRow(["#", ...fields])).join("");
  const found = (await parse(text, 11)).map(({ fields }) => fields.slice(1));
  assert.deepEqual(found, rows, "seed 6");
});

Deno.test("readCsv() reads a file, closes it when the reader stops, and stops when told to", async () => {
  await withFolder({ "a.csv": "x,y\n1,2\n3,4\n" }, async (root) => {
    const path = join(root, "a.csv");
    assert.equal((await Array.fromAsync(readCsv(path))).length, 3);
    for await (const { fields } of readCsv(path)) {
      assert.deepEqual(fields, ["x", "y"]);
      break;
    }
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(Array.fromAsync(readCsv(path, { signal })), /enough/);
    await assert.rejects(Array.fromAsync(readCsv(join(root, "b.csv"))), Deno.errors.NotFound);
  });
});

Deno.test("parseCsv() reads no further ahead than its reader needs, and stops at once", async () => {
  const piece = new TextEncoder().encode("000001.jpg,1,2,3\n".repeat(4096));
  let pieces = 0;
  let cancelled = false;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        pieces++;
        await Promise.resolve();
        controller.enqueue(piece);
      },
      cancel: () => {
        cancelled = true;
      },
    });
  const controller = new AbortController();
  let rows = 0;
  await assert.rejects(async () => {
    for await (const _ of parseCsv(endless(), "endless", { signal: controller.signal })) {
      if (++rows === 10) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.abort(new Error("enough"));
      }
    }
  }, /enough/);
  assert.equal(rows, 10);
  assert.ok(cancelled);
  assert.ok(pieces <= 8, `${pieces} pieces were read for 10 rows`);
});
