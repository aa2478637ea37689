import assert from "node:assert/strict";
import { ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { type FaceRecord, SPLITS } from "../../../pipeline/face/record.ts";
import { toStream } from "../../../pipeline/streams/to_stream.ts";
import {
  fromJson,
  readRecords,
  roundPoints,
  toJson,
  writeRecords,
} from "../../../pipeline/face/record_json.ts";

const BARE: FaceRecord = {
  image: "000001.jpg",
  path: "img/000001.jpg",
  split: null,
  labels: null,
  size: null,
  box: null,
  points: null,
  rejected: null,
};

const FULL: FaceRecord = {
  image: 'a/ž "quoted"\u2028.jpg',
  path: "/img/a/ž.jpg",
  split: "validation",
  labels: labelsOf(["Young", "5_o_Clock_Shadow", "Smiling"]),
  size: [178, 218],
  box: { x: -1.5, y: 0.1, width: 99.25, height: 1e-7 },
  points: roundPoints(Array.from({ length: 136 }, (_, at) => at * 1.2345 - 20)),
  rejected: "no face was found",
};

/** A record in which everything is drawn at random. */
function randomRecord(random: Random): FaceRecord {
  const maybe = <T>(value: T): T | null => random.next() < 0.2 ? null : value;
  const side = () => 1 + random.integer(5000);
  const names = ATTRIBUTES.filter(() => random.next() < 0.3);
  return {
    image: `${random.integer(1e6)}.jpg`,
    path: `img/${random.integer(1e6)}.jpg`,
    split: maybe(SPLITS[random.integer(3)] ?? "test"),
    labels: maybe(labelsOf(names)),
    size: maybe([side(), side()]),
    box: maybe({ x: random.normal(), y: random.normal(), width: side(), height: random.next() }),
    points: maybe(
      roundPoints(Array.from({ length: 136 }, () => random.normal() * 10 ** random.integer(5))),
    ),
    rejected: maybe("too dark"),
  };
}

/** A stream of bytes in pieces of `size`. */
function inPieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return ReadableStream.from(pieces);
}

Deno.test("toJson() writes the documented line", () => {
  const record = { ...BARE, labels: labelsOf(["Smiling"]), size: [178, 218] as const };
  assert.equal(
    toJson(record),
    '{"schema":"attparsenet/record@1","image":"000001.jpg","path":"img/000001.jpg","split":null,' +
      '"attributes":["Smiling"],"size":[178,218],"box":null,"points":null,"rejected":null}',
  );
  assert.ok(!toJson(FULL).includes("\n"));
});

Deno.test("fromJson() gives back what toJson() was given", () => {
  assert.deepEqual(fromJson(toJson(BARE), "x:1"), BARE);
  assert.deepEqual(fromJson(toJson(FULL), "x:1"), FULL);
  const random = new Random(3);
  for (let round = 0; round < 200; round++) {
    const record = randomRecord(random);
    assert.deepEqual(fromJson(toJson(record), "x:1"), record, `round ${round} of seed 3`);
  }
});

Deno.test("a record says how far its image is to be turned only where the face is not upright", () => {
  const turned = { ...FULL, turn: 270 } as const;
  assert.equal(toJson(turned), toJson(FULL).slice(0, -1) + ',"turn":270}');
  assert.deepEqual(fromJson(toJson(turned), "x:1"), turned);
  assert.equal(toJson({ ...FULL, turn: 0 }), toJson(FULL));
  assert.deepEqual(fromJson(toJson(FULL).slice(0, -1) + ',"turn":0}', "x:1"), FULL);
});

Deno.test("roundPoints() rounds to 1/100 pixel, once and for all, without negative zero", () => {
  assert.deepEqual(
    [...roundPoints([1.234, -5.678, -0.001])],
    [1.234, -5.678, 0].map((value) => Math.fround(Math.round(value * 100) / 100)),
  );
  const random = new Random(4);
  const points = roundPoints(Array.from({ length: 5000 }, () => (random.next() - 0.5) * 2 ** 18));
  assert.deepEqual(roundPoints(points), points, "seed 4");
  const json = JSON.parse(toJson({ ...BARE, points: points.slice(0, 136) })) as {
    points: number[];
  };
  for (const [at, value] of json.points.entries()) {
    assert.match(String(value), /^-?\d+(\.\d{1,2})?$/);
    assert.equal(Math.fround(value), points[at]);
  }
  assert.throws(() => roundPoints([1, NaN]), RangeError);
});

Deno.test("toJson() refuses numbers that JSON cannot hold", () => {
  const points = new Float32Array(136);
  points[7] = NaN;
  assert.throws(() => toJson({ ...BARE, points }), /000001\.jpg .* points hold NaN/);
  const box = { x: 0, y: Infinity, width: 1, height: 1 };
  assert.throws(() => toJson({ ...BARE, box }), RangeError);
});

Deno.test("fromJson() says what is wrong with a line", () => {
  const object = JSON.parse(toJson(FULL)) as Record<string, unknown>;
  const { split: _, ...without } = object;
  const bad: [unknown, RegExp][] = [
    ["{", /not JSON/],
    [toJson(FULL).slice(0, -20), /not JSON \(is it cut off\?\)/],
    [[], /object is needed/],
    [null, /object is needed/],
    [{ ...object, schema: "attparsenet/record@2" }, /record@2, and this program reads .*record@1/],
    [{ ...object, schema: undefined }, /"schema" must be "attparsenet\/record@1"/],
    [{ ...object, image: "" }, /"image" must be text/],
    [{ ...object, image: "../a.jpg" }, /"\.\.\/a\.jpg" leads out/],
    [{ ...object, image: "/a.jpg" }, /absolute/],
    [{ ...object, path: 3 }, /"path" must be text/],
    [{ ...object, split: "dev" }, /"split" must be null or one of train, validation, test/],
    [without, /"split" is missing; it must be null or/],
    [{ ...object, attributes: { Smiling: 1 } }, /"attributes" must be null or a list/],
    [{ ...object, attributes: ["Smilling"] }, /no attribute "Smilling"/],
    [{ ...object, size: [178] }, /"size" must be/],
    [{ ...object, size: [178, 0] }, /"size" must be/],
    [{ ...object, size: [178, 2.5] }, /"size" must be/],
    [{ ...object, box: { x: 1, y: 2, width: 3 } }, /"box" must be/],
    [{ ...object, points: new Array(134).fill(1) }, /68 landmarks .* has 134 numbers/],
    [{ ...object, points: new Array(136).fill(null) }, /"points" must be/],
    [{ ...object, points: new Array(136).fill(1e39) }, /"points" must be/],
    [{ ...object, rejected: false }, /"rejected" must be null or text/],
    [{ ...object, turn: 45 }, /"turn" must be one of 0, 90, 180, 270/],
    [{ ...object, turn: "90" }, /"turn" must be/],
  ];
  for (const [value, message] of bad) {
    const line = typeof value === "string" ? value : JSON.stringify(value);
    assert.throws(() => fromJson(line, "faces.ndjson:12"), (error: Error) => {
      assert.ok(error instanceof SyntaxError, String(error));
      assert.ok(error.message.startsWith("faces.ndjson:12: "), error.message);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("fromJson() ignores fields of others", () => {
  const line = JSON.stringify({ ...JSON.parse(toJson(FULL)), worker: 7 });
  assert.deepEqual(fromJson(line, "x:1"), FULL);
});

Deno.test("writeRecords() and readRecords() carry records through a stream of bytes", async () => {
  const random = new Random(8);
  const records = [BARE, FULL, ...Array.from({ length: 20 }, () => randomRecord(random))];
  const lines = await Array.fromAsync(writeRecords()(ReadableStream.from(records)));
  assert.equal(lines.length, records.length);
  const text = lines.join("");
  for (const size of [1, 7, 4096, 1 << 20]) {
    assert.deepEqual(
      await Array.fromAsync(readRecords(inPieces(text, size), "stdin")),
      records,
      `${size}`,
    );
  }
  const streamed = ReadableStream.from(records).pipeThrough(toStream(writeRecords()))
    .pipeThrough(new TextEncoderStream());
  assert.deepEqual(await Array.fromAsync(readRecords(streamed, "stdin")), records);
});

Deno.test("readRecords() takes CRLF, blank lines, a byte order mark and no last newline", async () => {
  const text = "\ufeff" + toJson(BARE) + "\r\n\n  \r\n" + toJson(FULL);
  for (const size of [1, 1000]) {
    assert.deepEqual(await Array.fromAsync(readRecords(inPieces(text, size), "stdin")), [
      BARE,
      FULL,
    ]);
  }
  assert.deepEqual(await Array.fromAsync(readRecords(inPieces("", 1), "stdin")), []);
});

Deno.test("readRecords() names the line that is wrong, after yielding those before it", async () => {
  const source = readRecords(inPieces(`${toJson(BARE)}\n\n{"schema":1}\n`, 50), "stdin");
  assert.deepEqual((await source.next()).value, BARE);
  await assert.rejects(source.next(), /^SyntaxError: stdin:3: "schema" must be/);
});

Deno.test("readRecords() bounds the length of a line and refuses what is not UTF-8", async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16).fill(120)),
  });
  await assert.rejects(
    Array.fromAsync(readRecords(endless, "stdin")),
    /stdin:1: .* longer than 1048576/,
  );
  const latin1 = ReadableStream.from([
    new TextEncoder().encode("\n"),
    Uint8Array.of(0x22, 0xe9, 10),
  ]);
  await assert.rejects(
    Array.fromAsync(readRecords(latin1, "stdin")),
    /stdin:2: the line is not UTF-8/,
  );
});

Deno.test("readRecords() lets go of its stream when the reader stops", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode(toJson(BARE) + "\n")),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const record of readRecords(stream, "stdin")) {
    assert.equal(record.image, BARE.image);
    break;
  }
  assert.ok(cancelled);
});
