/** Text of a file that somebody else wrote, as error messages repeat it. */

/** Characters that are repeated. */
const LONGEST = 40;

/**
 * Characters that control a terminal or the direction of writing, other than those below a blank, which
 * JSON escapes.
 */
const UNSEEN = /[\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text in quotes, cut where it is long, without a character that a terminal would act on. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text));
}

/** A value of JSON in the same way. */
export function quotedValue(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  const text = JSON.stringify(value) ?? "nothing";
  return visible(text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text);
}

/** A value as JSON on one line, without a character that a terminal would act on. */
export function jsonLine(value: object): string {
  return visible(JSON.stringify(value));
}

function visible(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** The text on one line, cut where it is long, without a character that a terminal would act on. */
export function oneLine(text: string, longest: number): string {
  const cut = text.length > longest ? text.slice(0, longest) + "…" : text;
  // deno-lint-ignore no-control-regex
  return visible(cut.replace(/[\x00-\x1f]/g, escaped));
}

/** The text without a character that a terminal would act on, but for the ends of lines and tabs. */
export function inert(text: string): string {
  // deno-lint-ignore no-control-regex
  return visible(text.replace(/[\x00-\x08\x0b-\x1f]/g, escaped));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
