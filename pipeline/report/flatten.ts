/** A configuration as a list of names and texts. */

import { NOTHING } from "./text.ts";

/** Nested values as dotted names, in their own order; lists of plain values as one text. */
export function flatten(value: unknown, name = ""): [name: string, value: string][] {
  if (Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null)) {
    return [[name, value.length === 0 ? NOTHING : value.join(", ")]];
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      flatten(inner, name === "" ? key : `${name}.${key}`)
    );
  }
  return [[name, value === null || value === "" ? NOTHING : String(value)]];
}
