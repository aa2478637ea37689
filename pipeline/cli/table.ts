/**
 * Tables of text for a terminal.
 *
 * @module
 */

/** A table: a head, and rows with as many cells. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Lays a table out in columns: the first one to the left, the others, which hold numbers, to the
 * right; a rule under the head and, with `footer`, one above the last row.
 */
export function tableText({ head, rows }: TextTable, { footer = false } = {}): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => pad(cell, widths[column] ?? 0, column === 0)).join("  ").trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  const body = rows.map(line);
  if (footer && body.length > 1) body.splice(-1, 0, rule);
  return [line(head), rule, ...body].join("\n");
}

/** Names and values below each other; an empty value leaves its name as a heading. */
export function pairsText(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name, value]) => (value === "" ? 0 : name.length)));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join("\n");
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
