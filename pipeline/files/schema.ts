/**
 * What the program writes says what it is: `"schema": "attparsenet/run@1"`, a name and a version, in each
 * JSON object, in each line of NDJSON, and in the metadata of safetensors. A version increases when readers
 * of the previous one would misunderstand the file; a new field alone does not count.
 *
 * Landmarks and data sets as csv and text have no such mark: their header says what they are.
 */

import { isObject, parseJson } from "./json_text.ts";
import { quotedValue } from "./quoted.ts";

interface Kind {
  /** The version that is written, from 1. */
  readonly version: number;
  /** The oldest that is still read; 0 for what was written before there was a mark. */
  readonly oldest: number;
  /** What to do about one that cannot be read, as the end of a sentence. */
  readonly remedy: string;
}

const EVALUATE = "evaluate writes it anew";
const MEASURE = "it is measured anew";

const KINDS = {
  record: { version: 1, oldest: 1, remedy: "landmarks writes records anew" },
  "unfinished-landmarks": {
    version: 1,
    oldest: 1,
    remedy: "finish the work with the version that began it, or begin anew with --restart",
  },
  corrections: { version: 1, oldest: 1, remedy: "view writes such a file" },
  segments: { version: 1, oldest: 1, remedy: "segments writes it into a folder without it" },
  run: { version: 1, oldest: 1, remedy: "train makes such a folder" },
  log: { version: 1, oldest: 0, remedy: "train writes it, from the start with --force" },
  checkpoint: {
    version: 2,
    oldest: 2,
    remedy: "the run cannot go on, but another can start from its model: train --from RUN",
  },
  model: { version: 1, oldest: 0, remedy: "train writes it" },
  card: { version: 1, oldest: 1, remedy: EVALUATE },
  weights: { version: 1, oldest: 0, remedy: "export writes it anew" },
  metrics: { version: 1, oldest: 0, remedy: EVALUATE },
  predictions: { version: 1, oldest: 1, remedy: EVALUATE },
  samples: { version: 1, oldest: 1, remedy: EVALUATE },
  extremes: { version: 1, oldest: 0, remedy: EVALUATE },
  occlusion: { version: 1, oldest: 1, remedy: "evaluate --occlude writes it anew" },
  pack: { version: 1, oldest: 1, remedy: "it is made anew" },
  shards: { version: 1, oldest: 1, remedy: "export it into another folder" },
  "backend-choice": { version: 1, oldest: 0, remedy: MEASURE },
  "kernel-choices": { version: 1, oldest: 0, remedy: MEASURE },
} as const satisfies Readonly<Record<string, Kind>>;

export type SchemaName = keyof typeof KINDS;

/** A file or line is of another kind or version than this program reads. */
export class SchemaError extends SyntaxError {
  /** Whether a newer version wrote it: it is whole, and not to be replaced. */
  readonly isNewer: boolean;
  /** Whether an older version wrote it. */
  readonly isOlder: boolean;

  /** Not for other callers than {@linkcode checkSchema}. */
  constructor(message: string, age: "newer" | "older" | "none") {
    super(message);
    this.isNewer = age === "newer";
    this.isOlder = age === "older";
  }
}

/** What is written into a file or line: `attparsenet/run@1`. */
export function schemaOf(name: SchemaName): string {
  return mark(name, KINDS[name].version);
}

function mark(name: string, version: number): string {
  return `attparsenet/${name}@${version}`;
}

/**
 * Refuses what this program cannot read.
 *
 * @param found The mark in the file; undefined or null where it has none.
 * @param where Begins the message: the path, with the line if there are many.
 * @throws {SchemaError} If it is of another kind, or of a version that is not read.
 */
export function checkSchema(name: SchemaName, found: unknown, where: string): void {
  const { version, oldest, remedy }: Kind = KINDS[name];
  const own = mark(name, version);
  const there = versionIn(found, name);
  if (there === null) {
    const text = found === undefined || found === null ? "missing" : quotedValue(found);
    throw new SchemaError(
      `${where}: "schema" must be "${own}", and is ${text}: ${remedy}`,
      "none",
    );
  }
  if (there >= oldest && there <= version) return;
  const age = there > version ? "newer" : "older";
  const way = age === "newer" ? "update the program, for a newer version wrote it" : remedy;
  const both = `${mark(name, there)}, and this program reads ${own}`;
  throw new SchemaError(`${where}: it is of schema ${both}: ${way}`, age);
}

/**
 * The object in the text of a JSON file.
 *
 * @throws {SyntaxError} With `path:line`, if it is no object.
 * @throws {SchemaError} If it is of another kind, or of a version that is not read.
 */
export function parseMarked(name: SchemaName, text: string, path: string): Record<string, unknown> {
  return marked(name, parseJson(text, path), path);
}

/** The same of text that has been parsed. */
export function marked(name: SchemaName, value: unknown, path: string): Record<string, unknown> {
  if (!isObject(value)) throw new SyntaxError(`${path}:1: a JSON object is expected`);
  checkSchema(name, value.schema, path);
  return value;
}

/** The version that a mark of this kind says; null if it is none. */
function versionIn(found: unknown, name: SchemaName): number | null {
  if ((found === undefined || found === null) && KINDS[name].oldest === 0) return 0;
  const [, kind, digits] = /^attparsenet\/([a-z-]+)@(\d+)$/.exec(String(found)) ?? [];
  return kind === name ? Number(digits) : null;
}
