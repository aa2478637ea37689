/** JSON from files that somebody else may have written. */

/** Deepest nesting that is read, so that recursion over a value is safe. */
const DEEPEST = 64;

/** The largest, `samples.json`, has a megabyte for each of a few faces. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * The value that the text of a JSON file holds.
 *
 * @throws {SyntaxError} With `path:line`, if it is not JSON, or nested deeper than 64 levels.
 */
export function parseJson(text: string, path: string): unknown {
  if (depthOf(text) > DEEPEST) {
    throw new SyntaxError(`${path}:1: the JSON is nested deeper than ${DEEPEST} levels`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8 names the place as "(line 3 column 5)" unless the text merely ends too early.
    const line = /line (\d+)/.exec(String(cause))?.[1] ?? text.trimEnd().split("\n").length;
    throw new SyntaxError(`${path}:${line}: the file is not valid JSON`, { cause });
  }
}

/** Reads a JSON file; errors as of {@linkcode readJsonText} and {@linkcode parseJson}. */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readJsonText(path), path);
}

/**
 * The text of a JSON file.
 *
 * @throws {RangeError} If it is larger than 64 MiB.
 * @throws As `Deno.readTextFile`.
 */
export async function readJsonText(path: string): Promise<string> {
  const { size } = await Deno.stat(path);
  if (size <= MOST_BYTES) return await Deno.readTextFile(path);
  throw new RangeError(`${path} is too large: ${Math.ceil(size / 2 ** 20)} MiB of JSON`);
}

/** Most brackets that are open at once, outside of strings. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) isString = false;
    } else if (code === QUOTE) isString = true;
    else if (OPENING.includes(code)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.includes(code)) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH] = ['"', "\\"].map((character) => character.charCodeAt(0));
const [OPENING, CLOSING] = ["[{", "]}"].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]) as [
  number[],
  number[],
];

/** Whether a value of JSON is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
