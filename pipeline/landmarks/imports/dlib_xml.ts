/**
 * Boxes and their parts as dlib's imglab writes them; 300-W comes in this form with dlib's models:
 *
 * ```xml
 * <dataset><images>
 *   <image file='helen/1.jpg'>
 *     <box top='78' left='74' width='138' height='140'>
 *       <part name='00' x='55' y='141'/>
 *       …
 * ```
 *
 * Parsed as a stream, for such files have tens of megabytes. No entity is ever read or expanded: one
 * that XML itself does not define is an error.
 *
 * Source: https://github.com/davisking/dlib/tree/master/tools/imglab
 */

import { SaxesParser } from "saxes";
import type { Box } from "../../face/record.ts";
import { oneLine, quoted } from "../../files/quoted.ts";
import { fault, type ImportedFace, type ImportOptions, numberIn } from "./imported_face.ts";

const POINTS = 68;

/**
 * What imglab writes is five elements deep, and has a tag every hundred characters. What the parser holds
 * of a file grows with both.
 */
const DEEPEST = 32;
const LONGEST = 1 << 20;

/** What XML itself defines; without a prototype, so that `&constructor;` is no entity either. */
const ENTITIES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
});

/**
 * Reads the faces of an imglab file. Boxes without parts and those marked `ignore='1'` are left out.
 *
 * @throws {SyntaxError} With `path:line`, if the file is not XML or not of this kind, a box has some
 * but not all of the 68 parts, something is no number, or 1 MiB goes by without a tag.
 */
export async function* readDlibXml(
  path: string,
  { signal }: ImportOptions = {},
): AsyncGenerator<ImportedFace> {
  const reader = new DatasetReader(path);
  const utf8 = new TextDecoder();
  const file = await Deno.open(path);
  for await (const bytes of file.readable) {
    signal?.throwIfAborted();
    reader.write(utf8.decode(bytes, { stream: true }));
    yield* reader.takeFaces();
  }
  reader.write(utf8.decode());
  reader.close();
  yield* reader.takeFaces();
}

type Attributes = Readonly<Record<string, string>>;

/** A box whose end has not come yet. */
interface OpenBox {
  readonly place: string;
  readonly ignored: boolean;
  readonly box: Box | null;
  /** f32 [136], NaN where no part has come yet. */
  readonly points: Float32Array;
  parts: number;
}

class DatasetReader {
  readonly #path: string;
  readonly #parser = new SaxesParser();
  #faces: ImportedFace[] = [];
  #begun = false;
  #image: string | null = null;
  #box: OpenBox | null = null;
  #depth = 0;
  /** Characters since the last tag, counted by pieces of the file. */
  #since = 0;

  constructor(path: string) {
    this.#path = path;
    this.#parser.ENTITIES = ENTITIES;
    this.#parser.on("error", (error) => {
      // The parser's messages begin with its own line and column.
      throw this.#fault(
        oneLine(error.message.replace(/^\d+:\d+: /, "").replace(/\.$/, ""), 200),
        error,
      );
    });
    this.#parser.on("opentag", ({ name, attributes }) => this.#open(name, attributes));
    this.#parser.on("closetag", ({ name }) => this.#close(name));
  }

  write(text: string): void {
    const bad = text.indexOf("\ufffd");
    this.#since += text.length;
    this.#parser.write(bad < 0 ? text : text.slice(0, bad));
    if (bad >= 0) throw this.#fault("the file is not UTF-8");
    if (this.#since > LONGEST) throw this.#fault(`no tag ends within ${LONGEST} characters`);
  }

  close(): void {
    this.#parser.close();
  }

  /** The faces since the last call. */
  takeFaces(): ImportedFace[] {
    const faces = this.#faces;
    this.#faces = [];
    return faces;
  }

  #open(name: string, attributes: Attributes): void {
    this.#since = 0;
    if (++this.#depth > DEEPEST) {
      throw this.#fault(`elements are nested deeper than ${DEEPEST} levels`);
    }
    if (!this.#begun && name !== "dataset") {
      throw this.#fault(
        `the file is not imglab's: it begins with <${oneLine(name, 40)}>, not with <dataset>`,
      );
    }
    this.#begun = true;
    if (name === "image") this.#image = this.#text(name, attributes, "file");
    if (name === "box") this.#box = this.#openBox(attributes);
    if (name === "part") this.#addPart(attributes);
  }

  #close(name: string): void {
    this.#since = 0;
    this.#depth--;
    if (name === "image") this.#image = null;
    if (name !== "box" || this.#box === null) return;
    this.#finishBox(this.#box);
    this.#box = null;
  }

  #openBox(attributes: Attributes): OpenBox {
    if (this.#image === null) throw this.#fault("there is a <box> outside of an <image>");
    if (this.#box !== null) throw this.#fault("there is a <box> inside a <box>");
    const [x, y, width, height] = ["left", "top", "width", "height"]
      .map((name) => this.#number("box", attributes, name)) as [number, number, number, number];
    return {
      place: this.#place(),
      ignored: Number(attributes["ignore"] ?? 0) !== 0,
      box: width > 0 && height > 0 ? { x, y, width, height } : null,
      points: new Float32Array(2 * POINTS).fill(NaN),
      parts: 0,
    };
  }

  #addPart(attributes: Attributes): void {
    const box = this.#box;
    if (box === null) throw this.#fault("there is a <part> outside of a <box>");
    if (box.ignored) return;
    const name = this.#text("part", attributes, "name");
    const at = 2 * (/^\d{1,2}$/.test(name) ? Number(name) : POINTS);
    if (at >= box.points.length) {
      throw this.#fault(`68 parts 00 to 67 are needed, there is one called ${quoted(name)}`);
    }
    if (!Number.isNaN(box.points[at])) throw this.#fault(`the box has two parts ${name}`);
    box.points[at] = this.#number("part", attributes, "x");
    box.points[at + 1] = this.#number("part", attributes, "y");
    box.parts++;
  }

  #finishBox({ place, ignored, box, points, parts }: OpenBox): void {
    if (ignored || parts === 0) return;
    if (parts < POINTS) {
      const missing = String(points.findIndex(Number.isNaN) / 2).padStart(2, "0");
      throw fault(place, `68 parts are needed, the box has ${parts} and none called ${missing}`);
    }
    this.#faces.push({ image: this.#image!, points, box, confidence: null, place });
  }

  #text(tag: string, attributes: Attributes, name: string): string {
    const text = attributes[name]?.trim() ?? "";
    if (text !== "") return text;
    throw this.#fault(`<${tag}> needs the attribute "${name}"`);
  }

  #number(tag: string, attributes: Attributes, name: string): number {
    const text = this.#text(tag, attributes, name);
    const value = numberIn(text);
    if (!Number.isNaN(value)) return value;
    throw this.#fault(`"${name}" of <${tag}> must be a number, it is ${quoted(text)}`);
  }

  #place(): string {
    return `${this.#path}:${this.#parser.line}`;
  }

  #fault(problem: string, cause?: unknown): SyntaxError {
    return fault(this.#place(), problem, cause);
  }
}
