/** The fields of a record in JSON, as another program may have written them. */

import { ATTRIBUTES } from "./attributes.ts";
import { imageNameFault } from "../image/image_name.ts";
import { isObject } from "../files/json_text.ts";
import { quoted } from "../files/quoted.ts";
import { type Box, type Split, SPLITS, type Turn, TURNS } from "./record.ts";
import { checkSchema } from "../files/schema.ts";

/** Coordinates in a record's points: x and y of 68 landmarks. */
const COORDINATES = 136;

/** The fields of one line; each is checked when it is asked for. Errors begin with where the line is. */
export class RecordFields {
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

  /** The name; that of a rejected image may hold control characters, which may be why. */
  image(): string {
    const image = this.text("image");
    const isRejected = isText(this.#fields["rejected"]);
    const fault = imageNameFault(isRejected ? image.replaceAll(/\p{Cc}/gu, "_") : image);
    if (fault === null) return image;
    throw this.#fail(`the image name ${quoted(image)} ${fault}.`);
  }

  split(): Split | null {
    return this.#optional("split", isSplit, `one of ${SPLITS.join(", ")}`);
  }

  size(): [width: number, height: number] | null {
    return this.#optional("size", isSize, "width and height in pixels");
  }

  rejected(): string | null {
    return this.#optional("rejected", isText, "text");
  }

  /** May be missing. */
  damage(): { damage?: string } {
    return this.#fields["damage"] === undefined ? {} : { damage: this.text("damage") };
  }

  /** A record without the field is of an upright face. */
  turn(): { turn?: Turn } {
    const turn = this.#fields["turn"] ?? 0;
    if (!isTurn(turn)) {
      throw this.#fail(`"turn" must be one of ${TURNS.join(", ")}, if it is there.`);
    }
    return turn === 0 ? {} : { turn };
  }

  /** A field that may be null, but must be there. */
  #optional<T>(key: string, accepts: (value: unknown) => value is T, expected: string): T | null {
    const value = this.#fields[key];
    if (value === null || accepts(value)) return value;
    const problem = value === undefined ? "is missing; it must" : "must";
    throw this.#fail(`"${key}" ${problem} be null or ${expected}.`);
  }

  labels(): number | null {
    const names = this.#optional("attributes", isTextList, "a list of attribute names");
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
    const box = this.#optional("box", isBox, "x, y, width and height in pixels");
    return box && { x: box.x, y: box.y, width: box.width, height: box.height };
  }

  points(): Float32Array | null {
    const points = this.#optional("points", isFloatList, "a list of numbers");
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
    if (isObject(value)) return value;
    throw this.#fail("a JSON object is needed.");
  }

  #fail(message: string, cause?: unknown): SyntaxError {
    return new SyntaxError(`${this.#where}: ${message}`, cause === undefined ? {} : { cause });
  }
}

function isSplit(value: unknown): value is Split {
  return (SPLITS as readonly unknown[]).includes(value);
}

function isTurn(value: unknown): value is Turn {
  return (TURNS as readonly unknown[]).includes(value);
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
  if (!isObject(value)) return false;
  const { x, y, width, height } = value;
  return [x, y, width, height].every(isNumber);
}
