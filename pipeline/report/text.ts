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

/** A duration such as `42 s`, `3 min 05 s` or `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const pad = (part: number) => String(part).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor(whole / 60) % 60)} min`;
}

/** An attribute's name for reading: blanks for underscores. */
export function spaced(name: string): string {
  return name.replaceAll("_", " ");
}

/** A word of a shell command, in quotes where a shell would take it apart. */
export function shellWord(value: string | number): string {
  const text = String(value);
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
