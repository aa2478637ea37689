/**
 * Records as NDJSON, one JSON object a line: the form in which they travel between processes, so that
 * stages run under `|`, GNU parallel, Slurm arrays or Spark's `pipe`.
 *
 * Every line carries all fields, absent values being null:
 *
 * ```json
 * {"schema":"attparsenet/record@1","image":"000001.jpg","path":"img/000001.jpg","split":"train",
 *  "attributes":["Smiling","Young"],"size":[178,218],"box":{"x":1,"y":2,"width":3,"height":4},
 *  "points":[12.34,56.78,…],"rejected":null}
 * ```
 *
 * Points are written in steps of 1/100 pixel. A stage that makes points rounds them with
 * {@linkcode roundPoints}, and then a record is the same whether it has travelled as JSON or not.
 *
 * @module
 */

import { ATTRIBUTES, namesOf } from "./attributes.ts";
import { imageNameFault } from "./dataset/image_name.ts";
import { quoted } from "./quoted.ts";
import { type Box, type FaceRecord, type Split, SPLITS, type Stage } from "./record.ts";
import { readLines } from "./record_json/read_lines.ts";
import { checkSchema, schemaOf } from "./schema.ts";

/** Coordinates in a record's points: x and y of 68 landmarks. */
const COORDINATES = 136;

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
 * import { fromJson, openDataset, toJson } from "attparsenet";
 * import assert from "node:assert/strict";
 *
 * const record = (await openDataset("data/sample")).record("000001.jpg")!;
 * assert.deepEqual(fromJson(toJson(record), "here"), record);
 * ```
 */
export function toJson(record: FaceRecord): string {
  const { image, path, split, labels, size, box, points, rejected } = record;
  checkFinite(image, "points", points ?? []);
  if (box) checkFinite(image, "box", [box.x, box.y, box.width, box.height]);
  return JSON.stringify({
    schema: schemaOf("record"),
    image,
    path,
    split,
    attributes: labels === null ? null : namesOf(labels),
    size,
    box,
    points: points && Array.from(points, roundHundredth),
    rejected,
  });
}

/**
 * Reads a record back. Fields that the schema does not name are ignored.
 *
 * @param where Begins the error messages, such as `records.ndjson:12`.
 * @throws {SyntaxError} If the line is not a record of this schema, saying which field is wrong.
 */
export function fromJson(line: string, where: string): FaceRecord {
  const fields = new Fields(line, where);
  fields.checkSchema();
  return {
    image: fields.image(),
    path: fields.text("path"),
    split: fields.optional("split", isSplit, `one of ${SPLITS.join(", ")}`),
    labels: fields.labels(),
    size: fields.optional("size", isSize, "width and height in pixels"),
    box: fields.box(),
    points: fields.points(),
    rejected: fields.optional("rejected", isText, "text"),
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
 * import { openDataset, readRecords, writeRecords } from "attparsenet";
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

/** The fields of one line while they are checked. */
class Fields {
  readonly #where: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(line: string, where: string) {
    this.#where = where;
    this.#fields = this.#parse(line);
  }

  checkSchema(): void {
    checkSchema("record", this.#fields["schema"], this.#where);
  }

  text(key: string): string {
    const value = this.#fields[key];
    if (typeof value === "string" && value !== "") return value;
    throw this.#fail(`"${key}" must be text.`);
  }

  image(): string {
    const image = this.text("image");
    const fault = imageNameFault(image);
    if (fault === null) return image;
    throw this.#fail(`the image name ${quoted(image)} ${fault}.`);
  }

  /** A field that may be null, but must be there. */
  optional<T>(key: string, accepts: (value: unknown) => value is T, expected: string): T | null {
    const value = this.#fields[key];
    if (value === null || accepts(value)) return value;
    const problem = value === undefined ? "is missing; it must" : "must";
    throw this.#fail(`"${key}" ${problem} be null or ${expected}.`);
  }

  labels(): number | null {
    const names = this.optional("attributes", isTextList, "a list of attribute names");
    if (names === null) return null;
    let labels = 0;
    for (const name of new Set(names)) {
      const column = (ATTRIBUTES as readonly string[]).indexOf(name);
      if (column < 0) throw this.#fail(`there is no attribute ${quoted(name)}.`);
      labels += 2 ** column;
    }
    return labels;
  }

  box(): Box | null {
    const box = this.optional("box", isBox, "x, y, width and height in pixels");
    return box && { x: box.x, y: box.y, width: box.width, height: box.height };
  }

  points(): Float32Array | null {
    const points = this.optional("points", isFloatList, "a list of numbers");
    if (points === null) return null;
    if (points.length === COORDINATES) return Float32Array.from(points);
    throw this.#fail(
      `68 landmarks (${COORDINATES} numbers) are needed, "points" has ${points.length} numbers.`,
    );
  }

  #parse(line: string): Readonly<Record<string, unknown>> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw this.#fail("the line is not JSON (is it cut off?).", cause);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw this.#fail("a JSON object is needed.");
  }

  #fail(message: string, cause?: unknown): SyntaxError {
    return new SyntaxError(`${this.#where}: ${message}`, cause === undefined ? {} : { cause });
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

function isSplit(value: unknown): value is Split {
  return (SPLITS as readonly unknown[]).includes(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isNumberList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber);
}

/** Numbers that are finite as f32 too. */
function isFloatList(value: unknown): value is number[] {
  return isNumberList(value) && value.every((number) => Number.isFinite(Math.fround(number)));
}

function isSize(value: unknown): value is [width: number, height: number] {
  return isNumberList(value) && value.length === 2 &&
    value.every((side) => Number.isSafeInteger(side) && side > 0);
}

function isBox(value: unknown): value is Box {
  if (typeof value !== "object" || value === null) return false;
  const { x, y, width, height } = value as Record<string, unknown>;
  return [x, y, width, height].every(isNumber);
}
