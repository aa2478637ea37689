/** Tables of text for a terminal. */

import { fill, textWidth } from "./text_width.ts";

/** A table: a head, and rows with as many cells. */
interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface TableLayout {
  /** Whether the last row is one of sums or means, with a rule above it. */
  readonly footer?: boolean;
  /** Columns of the terminal; null, the default, for any. */
  readonly columns?: number | null;
}

const GAP = "  ";

/**
 * Lays a table out in columns: the first one to the left, the others, which hold numbers, to the
 * right; a rule under the head. What does not fit beside each other on the terminal goes below, behind
 * the first column again.
 */
export function tableText(
  table: TextTable,
  { footer = false, columns = null }: TableLayout = {},
): string {
  const { head, rows } = table;
  const widths = head.map((title, column) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column] ?? "")))
  );
  return panels(widths, columns ?? Infinity)
    .map((panel) => panelText(table, panel, { widths, footer })).join("\n\n");
}

/** The columns of a table that stand beside each other, in as many groups as a terminal's width asks for. */
function panels([first = 0, ...others]: readonly number[], columns: number): number[][] {
  const groups: number[][] = [[0]];
  let width = first;
  for (const [index, other] of others.entries()) {
    const group = groups.at(-1)!;
    if (width + GAP.length + other > columns && group.length > 1) {
      groups.push([0]);
      width = first;
    }
    groups.at(-1)!.push(index + 1);
    width += GAP.length + other;
  }
  return groups;
}

function panelText(
  { head, rows }: TextTable,
  panel: readonly number[],
  { widths, footer }: { readonly widths: readonly number[]; readonly footer: boolean },
): string {
  const line = (cells: readonly string[]) =>
    panel.map((column) =>
      fill(cells[column] ?? "", widths[column]!, column === 0 ? "behind" : "before")
    ).join(GAP).trimEnd();
  const rule = panel.map((column) => "─".repeat(widths[column]!)).join("─".repeat(GAP.length));
  const body = rows.map(line);
  if (footer && body.length > 1) body.splice(-1, 0, rule);
  return [line(head), rule, ...body].join("\n");
}

/** Names and values below each other; an empty value leaves its name as a heading. */
export function pairsText(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name, value]) => (value === "" ? 0 : textWidth(name))));
  return pairs.map(([name, value]) => `${fill(name, width)}${GAP}${value}`.trimEnd()).join("\n");
}
