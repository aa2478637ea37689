/** Kinds of values that an option takes: how each is written, read, and completed by a shell. */

import { extname } from "node:path";
import { integer } from "../network/settings/values.ts";

export { SIZE } from "../network/settings/kinds.ts";
export { choice, integer, number } from "../network/settings/values.ts";

/** What a shell offers for a value: files, folders, fixed words, or nothing. */
export type Completion = "file" | "folder" | readonly string[] | null;

export interface Kind<T> {
  /** How help shows it, such as `HxW`. */
  readonly placeholder: string;
  /** Reads it from text. Throws a RangeError whose message completes "--option VALUE: …". */
  readonly parse: (text: string) => T;
  readonly completion: Completion;
}

/** Part `index` of `count` equal parts of an input; the first part is 1. */
interface ShardOption {
  readonly index: number;
  readonly count: number;
}

/** Any text, for the few options that are neither files nor numbers. */
export function text(placeholder: string): Kind<string> {
  return { placeholder, parse: (value) => value, completion: null };
}

export function file(placeholder = "FILE"): Kind<string> {
  return { placeholder, parse: (path) => path, completion: "file" };
}

/** A path to a file that is written, in the form that its ending says; others are refused. */
export function fileToWrite(
  endings: readonly string[],
  { placeholder = `FILE${endings[0]}`, others = [] }: {
    readonly placeholder?: string;
    /** What is taken besides, such as `-`. */
    readonly others?: readonly string[];
  } = {},
): Kind<string> {
  const parse = (path: string) => {
    if (others.includes(path) || endings.includes(extname(path).toLowerCase())) return path;
    throw new RangeError(`expected a name that ends in ${endings.filter(Boolean).join(" or ")}`);
  };
  return { placeholder, parse, completion: "file" };
}

/** Endings of files that nobody calls a folder by. */
const FILE_ENDINGS =
  /\.(?:bits|csv|html?|json|ndjson|npy|npz|pdf|png|jpe?g|pts|tar|tsv|txt|xml|zip)$/i;

export function folderToWrite(placeholder = "DIR"): Kind<string> {
  const parse = (path: string) => {
    if (!FILE_ENDINGS.test(path)) return path;
    throw new RangeError("expected a folder, and this is the name of a file");
  };
  return { placeholder, parse, completion: "folder" };
}

export function folder(placeholder = "DIR"): Kind<string> {
  return { placeholder, parse: (path) => path, completion: "folder" };
}

/** More threads than any machine has cores; each takes memory of its own. */
const MOST_THREADS = 256;

/** How many threads work at once. */
export const THREADS: Kind<number> = integer(1, "N", MOST_THREADS);

/** A part of the input as `i/n`, from `1/n` to `n/n`. */
export const SHARD: Kind<ShardOption> = {
  placeholder: "i/n",
  completion: null,
  parse(text) {
    const [, index = 0, count = 0] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
    if (index < 1 || index > count || !Number.isSafeInteger(count)) {
      throw new RangeError(
        "expected i/n with i from 1 to n, such as 1/4 for the first of four parts",
      );
    }
    return { index, count };
  },
};
