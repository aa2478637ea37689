/// <reference lib="dom" />
/** What keys, buttons and clicks do to the face that is being corrected. */

import { useLayoutEffect, useState } from "preact/hooks";
import type { Extent } from "../../../../kernels/rasterize.ts";
import { focusMain } from "../focus.ts";
import { go } from "../route.tsx";
import type { Spot } from "../spots.ts";
import { edit, movePoint, redo, undo } from "./edit_history.ts";
import { ANCHORS } from "./fit_shape.ts";
import { handledBefore } from "./handled.tsx";
import type { Editing } from "./use_editing.ts";

/** Points of a face. */
const POINTS = 68;

/** What can be done, by key or by button. */
type Actions = Readonly<Record<ActionName, () => void>>;
type ActionName = typeof KEYS[keyof typeof KEYS] | "undo" | "redo";

/** Keys that do something by themselves. */
const KEYS = {
  s: "save",
  x: "noFace",
  p: "place",
  0: "fit",
  "]": "next",
  "[": "previous",
  b: "back",
  l: "brighten",
  Enter: "set",
  Escape: "escape",
} as const;

/** How much further than a point the arrow keys move the cross. */
const CROSS_STEP = 4;

/** Those that may be held down, as the arrow keys may. */
const HELD: readonly (ActionName | undefined)[] = ["next", "previous"];

/** Directions of the arrow keys. */
const ARROWS: Readonly<Record<string, Spot>> = {
  ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
};

export interface EditorState {
  readonly actions: Actions;
  /** Spots that were clicked so far; null while no face is being placed. */
  readonly anchors: readonly Spot[] | null;
  /** Where Enter sets the next one, once an arrow key was pressed; else null. */
  readonly cross: Spot | null;
  readonly canUndo: boolean;
  /** The chosen point. */
  readonly chosen: number;
  choose(point: number): void;
  /** A place without a point has been clicked. */
  click(spot: Spot): void;
}

/** What is seen of the picture. */
interface Seen {
  /** Null before it is loaded. */
  readonly size: Extent | null;
  /** The middle of what is in sight. */
  readonly middle: Spot;
  /** Shows the whole picture. */
  fit(): void;
  brighten(): void;
}

export function useEditor(editing: Editing, query: string, seen: Seen): EditorState {
  const { history, setHistory } = editing;
  const face = editing.face!;
  const [chosen, choose] = useState(0);
  const [placing, setPlacing] = useState<readonly Spot[] | null>(null);
  const [cross, setCross] = useState<Spot | null>(null);
  /** A face without points is being placed in any case. */
  const anchors = placing ?? (history.now ? null : []);
  const actions: Actions = {
    save: () => void (anchors === null && editing.keep("points")),
    noFace: () => editing.keep("no-face"),
    undo: () => {
      if (anchors?.length) setPlacing(anchors.slice(0, -1));
      else if (placing && history.now) setPlacing(null);
      else setHistory(undo(history));
    },
    redo: () => setHistory(redo(history)),
    place: () => setPlacing([]),
    escape: () => {
      if (placing) setPlacing(null);
      else go({ place: "face", id: face.id, query }, { replace: true });
    },
    next: () => choose((chosen + 1) % POINTS),
    previous: () => choose((chosen + POINTS - 1) % POINTS),
    back: () => {
      const before = handledBefore(query, face.id);
      if (before) go({ place: "correct", id: before.id, query });
    },
    set: () => void (cross && click(cross)),
    ...{ fit: seen.fit, brighten: seen.brighten },
  };
  useKeys(actions, ([x, y]) => {
    if (anchors && seen.size) {
      const { size: { width, height }, middle } = seen;
      const [atX, atY] = cross ?? middle;
      setCross([within(atX + CROSS_STEP * x, width), within(atY + CROSS_STEP * y, height)]);
      focusMain(); // Enter is for the cross, no longer for a button that was pressed.
    }
    if (anchors || !history.now) return;
    const [atX, atY] = [history.now[2 * chosen]!, history.now[2 * chosen + 1]!];
    setHistory(edit(history, movePoint(history.now, chosen, [atX + x, atY + y])));
  });
  const click = (spot: Spot) => {
    // All five stay in sight until the points are there.
    if (anchors === null || anchors.length === ANCHORS.length) return;
    const clicked = [...anchors, spot];
    setPlacing(clicked);
    if (clicked.length === ANCHORS.length) editing.placeBy(clicked).then(() => setPlacing(null));
  };
  return {
    ...{ actions, anchors, chosen, choose, click },
    cross: anchors && cross,
    canUndo: (anchors?.length ?? 0) + history.past.length > 0,
  };
}

function within(value: number, size: number): number {
  return Math.min(size, Math.max(0, value));
}

function useKeys(actions: Actions, nudge: (by: Spot) => void): void {
  // Before it is drawn: who sees the points may press the keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const name = actionOf(event);
      const arrow = ARROWS[event.key];
      if (event.altKey || !(name || arrow)) return;
      if (name === "set" && (event.target as Element).closest("a, button")) return;
      event.preventDefault();
      if (event.repeat && !arrow && !HELD.includes(name)) return;
      const step = event.shiftKey ? 0.25 : 1;
      if (name) actions[name]();
      else nudge([arrow![0] * step, arrow![1] * step]);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

function actionOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): ActionName | undefined {
  if (!ctrlKey && !metaKey) return Object.hasOwn(KEYS, key) ? KEYS[key as "s"] : undefined;
  if (key.toLowerCase() !== "z") return undefined;
  return shiftKey ? "redo" : "undo";
}
