/** Ways in which JSON and XML are damaged or forged, beside those of all text. */

import type { Random } from "../../../pipeline/numbers/random.ts";
import { insert, type Mutations } from "./mutations.ts";
import { encodeText, replaceToken } from "./text_mutations.ts";

/** Deeper than recursion over a value goes, in places where one may stand. */
const DEPTH = 5000;

/** Changes to JSON, beside those to its text. */
export const JSON_MUTATIONS: Mutations = {
  "deep nesting": (bytes, random) => {
    const open = ["[", '{"a":', '[{"":'][random.integer(3)]!;
    return replaceToken(bytes, random, /-?\d+(?:\.\d+)?|null|true|false/g, [open.repeat(DEPTH)]);
  },
  "deep and closed": (bytes, random) =>
    replaceToken(bytes, random, /-?\d+(?:\.\d+)?|null/g, ["[".repeat(DEPTH) + "]".repeat(DEPTH)]),
  "value replaced": (bytes, random) => {
    // One object a line, or one over all lines.
    const text = new TextDecoder().decode(bytes);
    const lines = isJson(text) ? [text] : text.split("\n");
    const at = random.integer(lines.length);
    if (isJson(lines[at]!)) {
      lines[at] = JSON.stringify(withOtherValue(JSON.parse(lines[at]!), random));
    }
    return encodeText(lines.join("\n"));
  },
};

/** Changes to XML, beside those to its text. */
export const XML_MUTATIONS: Mutations = {
  "entity bomb": (bytes) => {
    const laughs = Array.from(
      { length: 10 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    );
    const type = `<!DOCTYPE dataset [<!ENTITY l0 "ha">${laughs.join("")}]>`;
    return encodeText(
      new TextDecoder().decode(bytes).replace("<dataset>", `${type}<dataset>&l10;`),
    );
  },
  "file entity": (bytes) =>
    encodeText(
      new TextDecoder().decode(bytes).replace(
        /<dataset>/,
        '<!DOCTYPE dataset [<!ENTITY f SYSTEM "file:///etc/passwd">]><dataset>&f;',
      ),
    ),
  "deep nesting": (bytes, random) => insert(bytes, random, encodeText("<a>".repeat(DEPTH))),
  "many attributes": (bytes, random) => {
    const attributes = Array.from({ length: 5000 }, (_, i) => ` a${i}='1'`).join("");
    return replaceToken(bytes, random, /<(?:box|part|image)/g, [`<part${attributes}`]);
  },
};

/** The same value with one of its parts replaced, dropped or called `__proto__`. */
export function withOtherValue(value: unknown, random: Random): unknown {
  const places = placesIn(value);
  if (places.length === 0) return otherFor(value, random);
  const [holder, key] = places[random.integer(places.length)]!;
  const action = random.integer(8);
  if (action === 0) delete holder[key];
  else if (action === 1) {
    Object.defineProperty(holder, "__proto__", { value: holder[key], enumerable: true });
  } else holder[key] = otherFor(holder[key], random);
  return value;
}

function otherFor(value: unknown, random: Random): unknown {
  const others = [
    ...[null, true, "", "x", "__proto__", [], {}, [[]], [null], { length: 1e9 }],
    ...[0, -1, 1.5, 1e308, 2 ** 31, 2 ** 53, 1e9, "1e309", "NaN", "9".repeat(400)],
    ...[value, [value], { value }, typeof value],
  ];
  return others[random.integer(others.length)];
}

/** Every part of a value with what holds it. */
function placesIn(value: unknown, depth = 0): [holder: Record<string, unknown>, key: string][] {
  if (typeof value !== "object" || value === null || depth > 20) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [
    [holder, key] as [Record<string, unknown>, string],
    ...placesIn(holder[key], depth + 1),
  ]);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
