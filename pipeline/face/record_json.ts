/**
 * Records as NDJSON, one JSON object a line: the form in which they travel between processes, so that
 * stages run under `|`, GNU parallel, Slurm arrays or Spark's `pipe`.
 *
 * Every line carries all fields, absent values being null, but for `damage`, which damaged images alone have:
 *
 * ```json
 * {"schema":"attparsenet/record@1","image":"000001.jpg","path":"img/000001.jpg","split":"train",
 *  "attributes":["Smiling","Young"],"size":[178,218],"box":{"x":1,"y":2,"width":3,"height":4},
 *  "points":[12.34,56.78,…],"rejected":null}
 * ```
 *
 * A face that is not upright has one more: `"turn":90`, the degrees clockwise by which its image has to be
 * turned.
 *
 * Points are written in steps of 1/100 pixel. A stage that makes points rounds them with
 * {@linkcode roundPoints}, and then a record is the same whether it has travelled as JSON or not.
 */

import { namesOf } from "./attributes.ts";
import { jsonLine } from "../files/quoted.ts";
import type { FaceRecord } from "./record.ts";
import type { Stage } from "../streams/to_stream.ts";
import { readLines } from "../files/read_lines.ts";
import { RecordFields } from "./record_fields.ts";
import { schemaOf } from "../files/schema.ts";

/**
 * Rounds coordinates to 1/100 pixel, as records are written; exact for images up to 131,072 pixels.
 *
 * @throws {RangeError} If one is not finite.
 */
export function roundPoints(points: ArrayLike<number>): Float32Array {
  return Float32Array.from(points, (value) => {
    if (!Number.isFinite(value)) throw new RangeError(`Cannot round the coordinate ${value}.`);
    return roundHundredth(value);
  });
}

/**
 * A record as one line of JSON, without the line feed.
 *
 * @example A record as a line
 * ```ts
 * import { fromJson, openDataset, toJson } from "@attparsenet/attparsenet";
 * import assert from "node:assert/strict";
 *
 * const record = (await openDataset("data/sample")).record("000001.jpg")!;
 * assert.deepEqual(fromJson(toJson(record), "here"), record);
 * ```
 */
export function toJson(record: FaceRecord): string {
  const { image, path, split, labels, size, box, points, rejected, damage, turn } = record;
  checkFinite(image, "points", points ?? []);
  if (box) checkFinite(image, "box", [box.x, box.y, box.width, box.height]);
  return jsonLine({
    schema: schemaOf("record"),
    image,
    path,
    split,
    attributes: labels === null ? null : namesOf(labels),
    size,
    box,
    points: points && Array.from(points, roundHundredth),
    rejected,
    damage: damage ?? undefined,
    turn: turn || undefined,
  });
}

/**
 * Reads a record back. Fields that the schema does not name are ignored.
 *
 * @param where Begins the error messages, such as `records.ndjson:12`.
 * @throws {SyntaxError} If the line is not a record of this schema, saying which field is wrong.
 */
export function fromJson(line: string, where: string): FaceRecord {
  const fields = new RecordFields(line, where);
  fields.checkSchema();
  return {
    image: fields.image(),
    path: fields.text("path"),
    split: fields.split(),
    labels: fields.labels(),
    size: fields.size(),
    box: fields.box(),
    points: fields.points(),
    rejected: fields.rejected(),
    ...fields.damage(),
    ...fields.turn(),
  };
}

/** A stage that turns records into lines of JSON, each with its line feed. */
export function writeRecords(): Stage<FaceRecord, string> {
  return async function* (source) {
    for await (const record of source) yield toJson(record) + "\n";
  };
}

/**
 * Reads records from a stream of bytes, such as standard input. Blank lines are left out.
 *
 * @example Records that another program has written
 * ```ts
 * import { openDataset, readRecords, writeRecords } from "@attparsenet/attparsenet";
 * import assert from "node:assert/strict";
 *
 * const dataset = await openDataset("data/sample");
 * const lines = writeRecords()(dataset.records({ split: "test" }));
 * // Between two programs these are one's standard output and the other's standard input.
 * const bytes = ReadableStream.from(lines).pipeThrough(new TextEncoderStream());
 * const records = await Array.fromAsync(readRecords(bytes, "stdin"));
 * assert.equal(records.length, dataset.counts.test);
 * ```
 *
 * @param name What error messages call the stream.
 * @throws {SyntaxError} With `name:line`, if a line is no record, is longer than 1 MiB or is not UTF-8.
 */
export async function* readRecords(
  readable: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<FaceRecord> {
  for await (const { line, text } of readLines(readable, name)) {
    if (text.trim() !== "") yield fromJson(text, `${name}:${line}`);
  }
}

/** Rounds to the two decimals that files hold; never gives −0, which JSON does not have. */
export function roundHundredth(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}

function checkFinite(image: string, field: string, values: ArrayLike<number>): void {
  for (let at = 0; at < values.length; at++) {
    if (Number.isFinite(values[at])) continue;
    throw new RangeError(`Cannot write ${image} as JSON: its ${field} hold ${values[at]}.`);
  }
}
