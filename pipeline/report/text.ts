/** Numbers and names as the report prints them. */

/** What stands for a value that is undefined or was not written down. */
export const NOTHING = "–";

/** A share in percent with `digits` decimals and no sign, such as `91.3`. */
export function percent(share: number | null, digits = 1): string {
  return share === null ? NOTHING : (share * 100).toFixed(digits);
}

/** A difference of shares in percentage points with its sign, such as `+8.7` or `−0.4`. */
export function points(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1);
  return text === "0.0" ? "±0.0" : `${difference < 0 ? "−" : "+"}${text}`;
}

/** A measured number with four significant digits. */
export function measured(value: number | null): string {
  if (value === null) return NOTHING;
  const text = Math.abs(value) >= 1e-3 || value === 0
    ? value.toPrecision(4)
    : value.toExponential(2);
  return text.includes("e") ? String(Number(text)) : text;
}

/** An attribute's name for reading: blanks for underscores. */
export function spaced(name: string): string {
  return name.replaceAll("_", " ");
}
