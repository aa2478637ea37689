/**
 * What was changed by hand, change by change, as NDJSON that several processes may add to. The last change of an
 * image counts.
 */

import { isObject } from "../json_text.ts";
import { jsonLine } from "../quoted.ts";
import { checkSchema, schemaOf } from "../schema.ts";
import { type SharedLine, SharedLines } from "./shared_lines.ts";

/** A change as JSON, but for the schema and the time, which each line has too. */
export interface Change {
  /** Name of the image. */
  readonly image: string;
}

/** Somebody else has changed the image since: what was to be changed is not what was looked at. */
export class Conflict extends Error {}

/** The changes of all images, and the file that keeps them. */
export class ChangeJournal<C extends Change> {
  readonly #lines: SharedLines;
  readonly #parse: (value: Record<string, unknown>, where: string) => C;
  /** All changes of an image, the last one last. */
  readonly #changes = new Map<string, C[]>();
  #version = 0;

  /**
   * Reads nothing yet.
   *
   * @param parse Makes a change of JSON; throws a SyntaxError that begins with `where`.
   */
  constructor(path: string, parse: (value: Record<string, unknown>, where: string) => C) {
    this.#lines = new SharedLines(path);
    this.#parse = parse;
  }

  get path(): string {
    return this.#lines.path;
  }

  /** How many changes there are. */
  get version(): number {
    return this.#version;
  }

  /** Names of all images that were changed. */
  get images(): Iterable<string> {
    return this.#changes.keys();
  }

  /** The changes of an image, the last one last. */
  of(image: string): readonly C[] {
    return this.#changes.get(image) ?? [];
  }

  /**
   * Reads what other processes have added.
   *
   * @returns Names of the images that have changed.
   * @throws {SyntaxError} With `path:line`, if a line is none of a journal's.
   */
  async read(): Promise<Set<string>> {
    return this.#take(await this.#lines.read());
  }

  /**
   * Adds a change; it is on the disk when this ends.
   *
   * @param revision How many changes of the image were known where it was made.
   * @param make Makes the change.
   * @throws {Conflict} If there are others.
   */
  async add(image: string, revision: number, make: () => C): Promise<void> {
    let change: C;
    await this.#lines.append((fresh) => {
      this.#take(fresh);
      if (this.of(image).length !== revision) {
        throw new Conflict(`${image} has been changed elsewhere meanwhile.`);
      }
      change = make();
      return jsonLine({ schema: schemaOf("corrections"), ...change, at: new Date().toISOString() });
    });
    // Not before it is written: what could not be is none.
    this.#keep(change!);
  }

  #take(lines: readonly SharedLine[]): Set<string> {
    const images = new Set<string>();
    for (const { line, text } of lines) {
      const change = this.#changeOf(text, `${this.path}:${line}`);
      this.#keep(change);
      images.add(change.image);
    }
    return images;
  }

  #keep(change: C): void {
    const changes = this.#changes.get(change.image);
    if (changes) changes.push(change);
    else this.#changes.set(change.image, [change]);
    this.#version++;
  }

  #changeOf(text: string, where: string): C {
    const value = valueOf(text, where);
    checkSchema("corrections", value.schema, where);
    return this.#parse(value, where);
  }
}

function valueOf(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new SyntaxError(`${where}: a JSON object is expected`);
}
