/// <reference lib="dom" />
/** A face whose points are corrected, one after the other through those of a query. */

import type { JSX } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { About } from "../../wire.ts";
import { useTitle } from "../focus.ts";
import { go, Link } from "../route.tsx";
import { Canvas, type Extent, type Sight, WHOLE, zoomAt } from "./canvas.tsx";
import { edit, isEdited, movePoint, redo, undo } from "./edit_history.ts";
import { ANCHORS, type Spot } from "./fit_shape.ts";
import { pointName } from "./point_groups.ts";
import { SavingNote } from "./saving_note.tsx";
import { type Editing, useEditing } from "./use_editing.ts";

/** Points of a face. */
const POINTS = 68;

interface CorrectProps {
  readonly about: About;
  readonly id: number;
  readonly query: string;
}

export function Correct({ about, id, query }: CorrectProps): JSX.Element {
  const editing = useEditing(id, query);
  const { face, fault } = editing;
  useTitle(face ? `Correct ${face.image}` : "Correct a face");
  if ("off" in about.correcting) return <p class="note">{about.correcting.off}</p>;
  if (fault !== "") return <p class="note warning" role="alert">{fault}</p>;
  if (face === null) return <p class="count" role="status">…</p>;
  return <Editor {...{ editing, query }} />;
}

/** What is done with the picture, besides the points themselves. */
function Editor({ editing, query }: { editing: Editing; query: string }) {
  const { history, setHistory, place } = editing;
  const face = editing.face!;
  const [size, setSize] = useState<Extent | null>(null);
  const [sight, setSight] = useState<Sight>(WHOLE);
  const [chosen, setChosen] = useState(0);
  /** Spots that were clicked so far; null while no face is being placed. */
  const [anchors, setAnchors] = useState<readonly Spot[] | null>(face.points ? null : []);
  const [isLeaving, setLeaving] = useState(false);
  const picture = `api/faces/${face.id}/picture`;
  const leave = () => go({ place: "face", id: face.id, query }, { replace: true });
  const actions: Record<string, () => void> = {
    save: () => void (history.now && editing.keep("PUT", "points")),
    noFace: () => void editing.keep("POST", "no-face"),
    undo: () => setHistory(undo(history)),
    redo: () => setHistory(redo(history)),
    place: () => setAnchors([]),
    fit: () => setSight(WHOLE),
    escape: () => anchors?.length ? setAnchors([]) : isEdited(history) ? setLeaving(true) : leave(),
    next: () => setChosen((chosen + 1) % POINTS),
    previous: () => setChosen((chosen + POINTS - 1) % POINTS),
  };
  const nudge = ([x, y]: Spot) => {
    if (!history.now) return;
    const [atX, atY] = [history.now[2 * chosen]!, history.now[2 * chosen + 1]!];
    setHistory(edit(history, movePoint(history.now, chosen, [atX + x, atY + y])));
  };
  useKeys(actions, nudge);
  const click = (spot: Spot) => {
    if (anchors === null) return;
    const clicked = [...anchors, spot];
    setAnchors(clicked.length < ANCHORS.length ? clicked : null);
    if (clicked.length === ANCHORS.length) void editing.placeBy(clicked);
  };
  return (
    <article class="face-page">
      <div>
        <Bar {...{ editing, query, actions, isLeaving, onStay: () => setLeaving(false) }} />
        <p class="doing" role="status">
          {anchors === null
            ? history.now && pointName(chosen)
            : `Click ${ANCHORS[anchors.length]}.`}
        </p>
        <SizeOf picture={picture} onSize={setSize} />
        {size && (
          <Canvas
            points={anchors === null ? history.now : null}
            anchors={anchors ?? []}
            onSight={setSight}
            onChoose={setChosen}
            onMove={(points) => setHistory(edit(history, points))}
            onClick={click}
            {...{ picture, size, chosen, sight }}
          />
        )}
        <p class="zooming">
          <button
            type="button"
            onClick={() => size && setSight(zoomAt(sight, middleOf(size, sight), 1.5))}
          >
            Larger
          </button>{" "}
          <button type="button" disabled={sight.zoom === 1} onClick={actions.fit}>
            Whole picture
          </button>
        </p>
      </div>
      <aside>
        <h1>{face.image}</h1>
        <p class="hint">
          {place && place.place >= 0 && `${place.place + 1} of ${place.total}: `}
          {face.reason ?? (face.isCorrected ? "corrected by hand" : "points of the search")}
        </p>
        <Keys />
        <SavingNote />
      </aside>
    </article>
  );
}

function middleOf({ width, height }: Extent, { x, y, zoom }: Sight): Spot {
  return [x + width / zoom / 2, y + height / zoom / 2];
}

/** Loads the picture for its size. */
function SizeOf({ picture, onSize }: { picture: string; onSize: (size: Extent) => void }) {
  return (
    <img
      class="unseen"
      src={picture}
      alt=""
      onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
        onSize({ width, height })}
    />
  );
}

interface BarProps {
  readonly editing: Editing;
  readonly query: string;
  readonly actions: Readonly<Record<string, () => void>>;
  /** Whether it is asked if what was done may be lost. */
  readonly isLeaving: boolean;
  readonly onStay: () => void;
}

function Bar({ editing, query, actions, isLeaving, onStay }: BarProps) {
  const { face, history, theirs, keep, settle } = editing;
  if (theirs) {
    return (
      <p class="note warning" role="alert">
        Somebody else has changed this face meanwhile.{" "}
        <button type="button" onClick={() => settle("theirs")}>Take theirs</button>{" "}
        <button type="button" onClick={() => settle("mine")}>Keep mine, to save it again</button>
      </p>
    );
  }
  if (isLeaving) {
    return (
      <p class="note warning" role="alert">
        What you have changed is not saved.{" "}
        <Link to={{ place: "face", id: face!.id, query }} class="button">Leave it</Link>{" "}
        <button type="button" onClick={onStay}>Stay</button>
      </p>
    );
  }
  return (
    <p class="editing" role="group" aria-label="Corrections">
      <button type="button" class="main" disabled={!history.now} onClick={actions.save}>
        Save, next
      </button>
      <button type="button" onClick={actions.noFace}>No face</button>
      <button type="button" onClick={actions.place}>Place by five clicks</button>
      <button type="button" disabled={history.past.length === 0} onClick={actions.undo}>
        Undo
      </button>
      <button type="button" disabled={history.future.length === 0} onClick={actions.redo}>
        Redo
      </button>
      {face!.isCorrected && (
        <button type="button" onClick={() => keep("DELETE", "correction")}>
          Back to the search
        </button>
      )}
      <button type="button" onClick={editing.leave}>Skip</button>
      <button type="button" onClick={actions.escape}>Leave</button>
    </p>
  );
}

function Keys() {
  return (
    <dl class="facts keys">
      <dt>Pull</dt>
      <dd>moves a point; beside the points, an enlarged picture</dd>
      <dt>Arrows</dt>
      <dd>move the chosen point by a pixel, with Shift by a quarter</dd>
      <dt>[ ]</dt>
      <dd>choose another point</dd>
      <dt>Wheel, 0</dt>
      <dd>enlarges, shows the whole picture</dd>
      <dt>s, x, p</dt>
      <dd>save, no face, place by five clicks</dd>
      <dt>Ctrl-Z</dt>
      <dd>undoes, with Shift does it again</dd>
      <dt>Esc</dt>
      <dd>leaves</dd>
    </dl>
  );
}

/** Keys that do something by themselves. */
const KEYS: Readonly<Record<string, string>> = {
  ...{ s: "save", x: "noFace", p: "place", 0: "fit", Escape: "escape" },
  ...{ "]": "next", "[": "previous" },
};

/** Directions of the arrow keys. */
const ARROWS: Readonly<Record<string, Spot>> = {
  ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
};

function useKeys(actions: Readonly<Record<string, () => void>>, nudge: (by: Spot) => void): void {
  // Before it is drawn: who sees the points may press the keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
      const isUndo = (ctrlKey || metaKey) && key.toLowerCase() === "z";
      const name = isUndo ? (shiftKey ? "redo" : "undo") : ctrlKey || metaKey ? "" : KEYS[key];
      const arrow = ARROWS[key];
      if (altKey || !(name || arrow)) return;
      event.preventDefault();
      const step = shiftKey ? 0.25 : 1;
      if (name) actions[name]!();
      else nudge([arrow![0] * step, arrow![1] * step]);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}
