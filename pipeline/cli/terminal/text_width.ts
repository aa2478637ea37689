/** How wide text is on a terminal. */

/** Wide characters: East Asian ones and emoji. Source: Unicode, UAX #11. */
const WIDE = new RegExp(
  "[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97c\\uac00-\\ud7a3\\uf900-\\ufaff" +
    "\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1f64f}\\u{1f680}-\\u{1f6ff}" +
    "\\u{1f900}-\\u{1f9ff}\\u{20000}-\\u{3fffd}]",
  "u",
);

/** Combining marks and invisible characters. */
const NONE = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that a line takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += NONE.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return width;
}

/** Pads a line with blanks. */
export function fill(text: string, width: number, side: "behind" | "before" = "behind"): string {
  const blanks = " ".repeat(Math.max(0, width - textWidth(text)));
  return side === "behind" ? text + blanks : blanks + text;
}
