/// <reference lib="dom" />
/** What keys, buttons and clicks do to the face that is being corrected. */

import { useLayoutEffect, useState } from "preact/hooks";
import { go } from "../route.tsx";
import { edit, isEdited, movePoint, redo, undo } from "./edit_history.ts";
import { ANCHORS, type Spot } from "./fit_shape.ts";
import type { Editing } from "./use_editing.ts";

/** Points of a face. */
const POINTS = 68;

/** What can be done, by key or by button. */
export type Actions = Readonly<Record<ActionName, () => void>>;
type ActionName = typeof KEYS[keyof typeof KEYS] | "undo" | "redo";

/** Keys that do something by themselves. */
const KEYS = {
  s: "save",
  x: "noFace",
  p: "place",
  0: "fit",
  "]": "next",
  "[": "previous",
  Escape: "escape",
} as const;

/** Directions of the arrow keys. */
const ARROWS: Readonly<Record<string, Spot>> = {
  ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
};

interface EditorState {
  readonly actions: Actions;
  /** Spots that were clicked so far; null while no face is being placed. */
  readonly anchors: readonly Spot[] | null;
  /** The chosen point. */
  readonly chosen: number;
  /** Whether it is asked if what was done may be lost. */
  readonly isLeaving: boolean;
  choose(point: number): void;
  /** A place without a point has been clicked. */
  click(spot: Spot): void;
  /** What was done is not to be lost. */
  stay(): void;
}

/** @param fit Shows the whole picture. */
export function useEditor(editing: Editing, query: string, fit: () => void): EditorState {
  const { history, setHistory } = editing;
  const face = editing.face!;
  const [chosen, choose] = useState(0);
  const [anchors, setAnchors] = useState<readonly Spot[] | null>(face.points ? null : []);
  const [isLeaving, setLeaving] = useState(false);
  const leave = () => go({ place: "face", id: face.id, query }, { replace: true });
  const actions: Actions = {
    save: () => void (history.now && editing.keep("PUT", "points")),
    noFace: () => void editing.keep("POST", "no-face"),
    undo: () => setHistory(undo(history)),
    redo: () => setHistory(redo(history)),
    place: () => setAnchors([]),
    escape: () => anchors?.length ? setAnchors([]) : isEdited(history) ? setLeaving(true) : leave(),
    next: () => choose((chosen + 1) % POINTS),
    previous: () => choose((chosen + POINTS - 1) % POINTS),
    fit,
  };
  useKeys(actions, ([x, y]) => {
    if (!history.now) return;
    const [atX, atY] = [history.now[2 * chosen]!, history.now[2 * chosen + 1]!];
    setHistory(edit(history, movePoint(history.now, chosen, [atX + x, atY + y])));
  });
  return {
    ...{ actions, anchors, chosen, isLeaving, choose },
    stay: () => setLeaving(false),
    click: (spot) => {
      if (anchors === null) return;
      const clicked = [...anchors, spot];
      setAnchors(clicked.length < ANCHORS.length ? clicked : null);
      if (clicked.length === ANCHORS.length) void editing.placeBy(clicked);
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
