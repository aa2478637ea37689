/** Reading what an interrupted search for landmarks has left: see `landmark_journal.ts`. */

import { oneLine } from "../../files/quoted.ts";
import type { FaceRecord } from "../../face/record.ts";
import { fromJson } from "../../face/record_json.ts";
import { readLines } from "../../files/read_lines.ts";
import { checkSchema, SchemaError, schemaOf } from "../../files/schema.ts";
import { imageOfFace } from "../../face/face_name.ts";
import { LandmarkTable } from "./landmark_table.ts";

/** Bytes that are read at once. */
const PIECE = 1 << 16;

/**
 * What the rows of a landmarks file depend on, by names that a user understands. What is undefined is
 * as good as absent.
 */
export type LandmarkSettings = Readonly<Record<string, string | number | boolean | undefined>>;

/** A face that was looked for, without its points. */
type Done = Pick<FaceRecord, "size" | "box" | "rejected" | "damage" | "turn">;

export interface Before {
  readonly done: ReadonlyMap<string, Done>;
  readonly points: LandmarkTable;
  /** How many images the faces are of. */
  readonly images: number;
  /** Bytes of the journal that are whole lines and make sense. */
  readonly end: number;
  /** See `LandmarkJournal.notice`. */
  readonly notice: string | null;
}

export const NOTHING: Before = {
  ...{ done: new Map(), points: new LandmarkTable(), images: 0 },
  ...{ end: 0, notice: null },
};

/** How a journal is read; see `JournalOptions`. */
interface ReadingOptions {
  readonly allFaces?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what has been done before, as far as it makes sense: a last line without its end was being
 * written when the process was killed, and zeros follow where a machine lost its power.
 */
export async function readJournal(
  file: Deno.FsFile,
  path: string,
  head: string,
  { allFaces = false, signal }: ReadingOptions,
): Promise<Before> {
  const { size } = await file.stat();
  const gathered = new Gathered(allFaces);
  let [end, lines] = [0, 0];
  try {
    for await (const { text } of readLines(ReadableStream.from(chunksOf(file)), path)) {
      signal?.throwIfAborted();
      const next = end + new TextEncoder().encode(text).length + 1;
      if (next > size) return gathered.before(end);
      if (end > 0) gathered.add(fromJson(text, path), end);
      else if (text + "\n" !== head) {
        return { ...NOTHING, notice: `${differenceOf(text, head, path)}: the work starts anew` };
      }
      [end, lines] = [next, lines + 1];
    }
  } catch (error) {
    // What a newer version has found is not thrown away.
    if (!(error instanceof SyntaxError) || isNewer(error)) throw error;
    const notice = `${path} is damaged after line ${lines}: what follows is done again`;
    return { ...gathered.before(end), notice };
  }
  return gathered.before(end);
}

/** What a journal says was done, image by image. */
class Gathered {
  /** Whether faces of the last image may be missing, so that it counts as not done. */
  readonly #allFaces: boolean;
  readonly #done = new Map<string, Done>();
  readonly #points = new LandmarkTable();
  #images = 0;
  /** The faces of the last image, of which more may follow, and where the first one's line begins. */
  #last: { readonly start: number; readonly faces: FaceRecord[] } | null = null;

  constructor(allFaces: boolean) {
    this.#allFaces = allFaces;
  }

  add(record: FaceRecord, start: number): void {
    const first = this.#last?.faces[0];
    if (first && imageOfFace(record.image) === first.image) this.#last?.faces.push(record);
    else {
      this.#keepLast();
      this.#last = { start, faces: [record] };
    }
  }

  before(end: number): Before {
    if (this.#last && this.#allFaces) end = this.#last.start;
    else this.#keepLast();
    return {
      ...{ done: this.#done, points: this.#points, images: this.#images },
      ...{ end, notice: null },
    };
  }

  #keepLast(): void {
    const faces = this.#last?.faces ?? [];
    if (faces.length > 0 && !this.#done.has(faces[0]!.image)) this.#images++;
    for (const { image, size, box, rejected, points, damage, turn } of faces) {
      if (this.#done.has(image)) continue;
      const marks = { ...(damage && { damage }), ...(turn && { turn }) };
      this.#done.set(image, { size, box, rejected, ...marks });
      if (points !== null) this.#points.add(image, points);
    }
    this.#last = null;
  }
}

/** Not `file.readable`, which closes the file and so gives up the claim to it. */
async function* chunksOf(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(PIECE);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    yield buffer.slice(0, read);
  }
}

/** A journal's first line: the same for the same settings, in whatever order they are given. */
export function headOf(settings: LandmarkSettings): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify({
    schema: schemaOf("unfinished-landmarks"),
    settings: Object.fromEntries(sorted),
  }) + "\n";
}

/** Characters of what differs that a notice repeats. */
const LONGEST = 500;

/**
 * Why work that began with the line `before` is not the work that begins with `head`.
 *
 * @throws {SchemaError} If a newer version began it.
 */
function differenceOf(before: string, head: string, path: string): string {
  const [old, wanted] = [settingsIn(before, path), settingsIn(head, path) ?? {}];
  if (old === null) return `${path} is damaged, or of another version`;
  const differences = Object.keys({ ...old, ...wanted })
    .filter((name) => old[name] !== wanted[name])
    .map((name) => `${name} ${old[name] ?? "none"}, now ${wanted[name] ?? "none"}`);
  const text = oneLine(differences.join("; "), LONGEST);
  return `Unfinished work in ${path} had other settings (${text})`;
}

/** The settings in a journal's first line, or null if it is none that can be read. */
function settingsIn(line: string, path: string): LandmarkSettings | null {
  try {
    const { schema, settings } = JSON.parse(line);
    checkSchema("unfinished-landmarks", schema, path);
    return settings ?? {};
  } catch (error) {
    if (isNewer(error)) throw error;
    return null;
  }
}

function isNewer(error: unknown): boolean {
  return error instanceof SchemaError && error.isNewer;
}
