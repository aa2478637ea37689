/** Image files by what a user names: files, folders, patterns, and paths on standard input. */

import { dirname, join, matchesGlob, relative, resolve } from "node:path";
import { faultOfName, foundBelow, type FoundPicture, picturesBelow } from "./picture_files.ts";
import { readLines } from "../files/read_lines.ts";

/** An image file. */
export interface ImagePlace {
  /** Where it lies, beginning as the user wrote it. */
  readonly path: string;
  /**
   * Its path, with `/` between folders, below the innermost folder that holds all that was named: what
   * tells it from the others. Of paths on standard input, below the working folder.
   */
  readonly name: string;
  /** Why it cannot be used, if that is known already. */
  readonly rejected?: string | undefined;
}

/** What {@linkcode findImages} can be told. */
export interface FindOptions {
  /** What `-` stands for: paths in UTF-8, one a line; blank lines are left out. */
  readonly stdin?: ReadableStream<Uint8Array>;
  /** Stops the search, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The images that are named, in the order of `given`; what one name stands for comes in natural order
 * (2 before 10), whatever the file system has.
 *
 * - a file is taken as it is;
 * - a folder gives its pictures and those of the folders below; those of kinds that are not read, and folders
 *   that cannot be, come with the reason;
 * - a pattern gives the files that fit: `*` and `?` within a name, `[a-z]`, `{one,other}`, `**` for any
 *   folders; hidden files are left out;
 * - `-` gives the paths that `stdin` holds, whether there are such files or not.
 *
 * Nothing is yielded before every name has been looked at. Holds the entries of the folders on the way
 * to the file at hand, no more.
 *
 * @example The images of a pattern
 * ```ts
 * import { findImages } from "@attparsenet/attparsenet";
 *
 * for await (const { path, name } of findImages(["data/sample/Img/img_align_celeba/00000?.jpg"])) {
 *   console.log(path, name);
 * }
 * ```
 *
 * @throws {Deno.errors.NotFound} If there is no such file or folder, or a folder or pattern gives nothing.
 */
export async function* findImages(
  given: Iterable<string>,
  { stdin, signal }: FindOptions = {},
): AsyncGenerator<ImagePlace> {
  const sources = await Promise.all(Array.from(given, (name) => sourceOf(name)));
  const base = commonFolder(sources.flatMap(({ folder }) => folder ?? []));
  for (const source of sources) {
    let count = 0;
    for await (const { name: path, rejected } of pathsOf(source, stdin, signal)) {
      count++;
      const name = nameBelow(source.folder === null ? "." : base, path);
      const fault = rejected ?? faultOfName(name);
      yield { path, name, ...(fault !== null && { rejected: fault }) };
    }
    if (count === 0 && source.nothing) throw new Deno.errors.NotFound(source.nothing);
  }
}

/** What one name stands for. */
interface Source {
  /** The file itself, or null. */
  readonly file: string | null;
  /** The folder that is walked, or that holds the file; null for standard input. */
  readonly folder: string | null;
  /** Which files of a folder are taken, by their path below it; null for its pictures. */
  readonly fits: ((name: string) => boolean) | null;
  /** Which folders are looked into, by their path below it. */
  readonly enters?: (name: string) => boolean;
  /** The error if nothing is found, or null if that is none. */
  readonly nothing: string | null;
}

const SPECIAL = /[*?[{]/;

async function sourceOf(name: string): Promise<Source> {
  const fits = null;
  if (name === "-") return { file: null, folder: null, fits, nothing: null };
  const info = await Deno.stat(name).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (info?.isDirectory) {
    const nothing = `There is no picture in the folder ${name}`;
    return { file: null, folder: name, fits, nothing };
  }
  if (info) return { file: name, folder: dirname(name), fits, nothing: null };
  if (SPECIAL.test(name)) return await patternSource(name);
  throw new Deno.errors.NotFound(`There is no image file or folder ${name}`);
}

/** The folder in which a pattern starts is what stands before its first special character. */
async function patternSource(pattern: string): Promise<Source> {
  const segments = patternSegments(pattern);
  const first = segments.findIndex((segment) => SPECIAL.test(segment));
  const rest = segments.slice(first);
  const folder = segments.slice(0, first).join("/") || (first > 0 ? "/" : ".");
  const nothing = `There is no file that fits the pattern ${pattern}`;
  const isThere = await Deno.stat(folder).then((info) => info.isDirectory, () => false);
  if (!isThere) throw new Deno.errors.NotFound(nothing);
  return {
    file: null,
    folder,
    fits: (name) => matchesGlob(name, rest.join("/")),
    enters: (name) => mayHold(name.split("/"), rest),
    nothing,
  };
}

/** What stands between a pattern's slashes; on Windows, where no shell resolves patterns, between both kinds. */
export function patternSegments(pattern: string, os = Deno.build.os): string[] {
  return pattern.split(os === "windows" ? /[\\/]/ : "/");
}

/** Whether files that fit a pattern's segments may lie somewhere below a folder. */
function mayHold(folder: readonly string[], pattern: readonly string[]): boolean {
  for (const [depth, name] of folder.entries()) {
    if (pattern[depth] === "**") return true;
    if (depth >= pattern.length - 1 || !matchesGlob(name, pattern[depth]!)) return false;
  }
  return true;
}

async function* pathsOf(
  { file, folder, fits, enters }: Source,
  stdin: FindOptions["stdin"],
  signal: AbortSignal | undefined,
): AsyncGenerator<FoundPicture> {
  if (file !== null) yield { name: file, rejected: null };
  else if (folder === null) {
    for await (const name of pathsIn(stdin, signal)) yield { name, rejected: null };
  } else if (fits === null) {
    for await (const { name, rejected } of picturesBelow(folder, signal)) {
      yield { name: join(folder, name), rejected };
    }
  } else {
    for await (const { name, rejected } of foundBelow(folder, signal, enters)) {
      if (rejected !== null || fits(name)) yield { name: join(folder, name), rejected };
    }
  }
}

async function* pathsIn(
  stdin: FindOptions["stdin"],
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  if (!stdin) throw new TypeError("Cannot read paths from -: no stream was given for it");
  for await (const { text } of readLines(stdin, "stdin")) {
    signal?.throwIfAborted();
    const path = text.replace(/\r$/, "");
    if (path.trim() !== "") yield path;
  }
}

/** The innermost folder that holds all of these. */
function commonFolder(folders: readonly string[]): string {
  const [first = "", ...others] = folders.map((folder) => resolve(folder));
  let common = first;
  for (const other of others) {
    while (relative(common, other).split(/[\\/]/)[0] === "..") common = dirname(common);
  }
  return common;
}

function nameBelow(base: string, path: string): string {
  return relative(resolve(base), resolve(path)).split(/[\\/]/)
    .filter((part) => part !== ".." && !part.endsWith(":"))
    .join("/");
}
