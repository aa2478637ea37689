/** What is said of files in a folder that are pictures and cannot be used. */

import type { FaceRecord } from "../../face/record.ts";

/** Most reasons that are listed. */
const MOST_REASONS = 8;

/**
 * `3 of 41 files cannot be used: HEIC pictures are not read (2), …`, or null if all can. What a reason has in
 * parentheses or behind a colon is left out.
 */
export function unusedText(records: readonly FaceRecord[]): string | null {
  const counts = new Map<string, number>();
  for (const { rejected } of records) {
    const reason = rejected?.replace(/(?: \(|[:;,] ).*$/s, "");
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  const reasons = [...counts].sort(([, a], [, b]) => b - a).map(([reason, n]) =>
    `${reason} (${n})`
  );
  const rest = reasons.length > MOST_REASONS ? ", …" : "";
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  return `${total} of ${records.length} files cannot be used: ` +
    reasons.slice(0, MOST_REASONS).join(", ") + rest;
}
