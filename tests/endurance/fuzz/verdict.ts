/**
 * Whether a parser answered a hostile file as it should: with a value, or with a sentence that names the
 * file and says what is wrong with it.
 */

/** Sentences of the engine, which say something about our code and nothing about the file. */
const INTERNAL: readonly RegExp[] = [
  /Cannot (?:read|set) propert/i,
  /Cannot (?:convert|destructure|mix|access|use 'in')/,
  /is not (?:a function|iterable|defined|a constructor|an object)/,
  /Invalid (?:array|typed array|string|count|DataView)[\w ]*(?:length|value)/i,
  /Offset is outside|Start offset|out of bounds|out of range|byte length of/i,
  /Maximum call stack|allocation failed|out of memory/i,
  /unreachable|RuntimeError|null function|indirect call/i,
  /\bundefined\b(?! entity)|\[object |AssertionError/,
];

/** The longest sentence that a person reads. */
const LONGEST = 1000;

/**
 * What is wrong with an answer.
 *
 * @param error What the parser threw.
 * @param name What it must call the file.
 * @returns Null if it is a reasoned rejection.
 */
export function faultOf(error: unknown, name: string): string | null {
  if (!(error instanceof Error)) return `no Error was thrown, but ${typeof error}`;
  const { message } = error;
  if (error.name === "AssertionError") return `what was read makes no sense: ${message}`;
  if (!message.includes(name)) return `the file is not named: ${error.name}: ${message}`;
  const internal = INTERNAL.find((pattern) => pattern.test(message.replaceAll(name, "")));
  if (internal) return `the engine speaks (${internal.source}): ${message}`;
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f-\x9f]/.test(message)) {
    return `a control character reaches the terminal: ${JSON.stringify(message)}`;
  }
  if (message.length > LONGEST) return `${message.length} characters: ${message.slice(0, 200)}…`;
  return null;
}
