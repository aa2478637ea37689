/** What was done to a face's points, step by step. Values do not change: each step gives a new history. */

type Points = readonly number[];

/** Steps that can be undone and done again. */
export interface EditHistory {
  /** x0, y0, x1, y1, … (136 numbers), or null: there are none yet. */
  readonly now: Points | null;
  readonly past: readonly (Points | null)[];
  readonly future: readonly (Points | null)[];
}

export function beginWith(now: Points | null): EditHistory {
  return { now, past: [], future: [] };
}

/** Whether anything is to be saved. */
export function isEdited({ past }: EditHistory): boolean {
  return past.length > 0;
}

/** A step forward, after which nothing is to be done again. */
export function edit({ now, past }: EditHistory, next: Points): EditHistory {
  return { now: next, past: [...past, now], future: [] };
}

export function undo({ now, past, future }: EditHistory): EditHistory {
  if (past.length === 0) return { now, past, future };
  return { now: past.at(-1)!, past: past.slice(0, -1), future: [now, ...future] };
}

export function redo({ now, past, future }: EditHistory): EditHistory {
  if (future.length === 0) return { now, past, future };
  return { now: future[0]!, past: [...past, now], future: future.slice(1) };
}

/** The points with one of them moved. */
export function movePoint(points: Points, point: number, [x, y]: readonly number[]): Points {
  return points.with(2 * point, x!).with(2 * point + 1, y!);
}
