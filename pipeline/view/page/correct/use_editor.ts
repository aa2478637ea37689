/// <reference lib="dom" />
/** What keys, buttons and clicks do to the face that is being corrected. */

import { useLayoutEffect, useState } from "preact/hooks";
import { go } from "../route.tsx";
import { edit, movePoint, redo, undo } from "./edit_history.ts";
import { ANCHORS, type Spot } from "./fit_shape.ts";
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
  Escape: "escape",
} as const;

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
  readonly canUndo: boolean;
  /** The chosen point. */
  readonly chosen: number;
  choose(point: number): void;
  /** A place without a point has been clicked. */
  click(spot: Spot): void;
}

/** @param fit Shows the whole picture. */
export function useEditor(editing: Editing, query: string, fit: () => void): EditorState {
  const { history, setHistory } = editing;
  const face = editing.face!;
  const [chosen, choose] = useState(0);
  const [placing, setPlacing] = useState<readonly Spot[] | null>(null);
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
    fit,
  };
  useKeys(actions, ([x, y]) => {
    if (!history.now) return;
    const [atX, atY] = [history.now[2 * chosen]!, history.now[2 * chosen + 1]!];
    setHistory(edit(history, movePoint(history.now, chosen, [atX + x, atY + y])));
  });
  return {
    ...{ actions, anchors, chosen, choose },
    canUndo: (anchors?.length ?? 0) + history.past.length > 0,
    click: (spot) => {
      // All five stay in sight until the points are there.
      if (anchors === null || anchors.length === ANCHORS.length) return;
      const clicked = [...anchors, spot];
      setPlacing(clicked);
      if (clicked.length === ANCHORS.length) editing.placeBy(clicked).then(() => setPlacing(null));
    },
  };
}

function useKeys(actions: Actions, nudge: (by: Spot) => void): void {
  // Before it is drawn: who sees the points may press the keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const name = actionOf(event);
      const arrow = ARROWS[event.key];
      if (event.altKey || !(name || arrow)) return;
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
