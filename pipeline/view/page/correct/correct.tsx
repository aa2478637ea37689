/// <reference lib="dom" />
/** A face whose points are corrected, one after the other through those of a query. */

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { About, FacePlace } from "../../wire.ts";
import { useTitle } from "../focus.ts";
import type { Spot } from "../spots.ts";
import type { Extent } from "../../../../kernels/rasterize.ts";
import { Canvas } from "./canvas.tsx";
import { edit, isEdited } from "./edit_history.ts";
import { ANCHORS } from "./fit_shape.ts";
import { GoBack } from "./handled.tsx";
import { pointName } from "./point_groups.ts";
import { SavingNote } from "./saving_note.tsx";
import { middleOf, type Sight, WHOLE, zoomAt } from "./sight.ts";
import { type EditorState, useEditor } from "./use_editor.ts";
import { type Editing, useEditing } from "./use_editing.ts";

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

function Editor({ editing, query }: { editing: Editing; query: string }) {
  const { face, history, setHistory, place, notice } = editing;
  const [size, setSize] = useState<Extent | null>(null);
  const sights = useState<Sight>(WHOLE);
  const [isBright, setBright] = useState(false);
  const brighten = () => setBright(!isBright);
  const fit = () => sights[1](WHOLE);
  const middle = middleOf(size ?? { width: 0, height: 0 }, sights[0]);
  const state = useEditor(editing, query, { size, middle, fit, brighten });
  const { anchors, cross, chosen } = state;
  const picture = `api/faces/${face!.id}/picture`;
  return (
    <article class="face-page">
      <div>
        <Bar {...{ editing, state }} />
        <p class="doing" role="status">{anchors ? askFor(anchors) : pointName(chosen)}</p>
        <SizeOf picture={picture} onSize={setSize} />
        {size && (
          <Canvas
            points={anchors === null ? history.now : null}
            anchors={anchors ?? []}
            sight={sights[0]}
            onSight={sights[1]}
            onChoose={state.choose}
            onMove={(points) => setHistory(edit(history, points))}
            onClick={state.click}
            {...{ picture, size, cross, chosen, isBright }}
          />
        )}
        {size && (
          <Zooming size={size} sight={sights[0]} onSight={sights[1]}>
            <button type="button" aria-pressed={isBright} onClick={brighten}>Brighter</button>
          </Zooming>
        )}
      </div>
      <aside>
        <h1>{face!.image}</h1>
        <p class="hint">
          {place && counted(query, place)}
          {face!.reason ?? (face!.isCorrected ? "corrected by hand" : "points of the search")}
          {isEdited(history) && ", changed and not saved"}
        </p>
        {notice !== "" && <p class="note" role="alert">{notice}</p>}
        <GoBack query={query} id={face!.id} />
        <Keys />
        <SavingNote />
      </aside>
    </article>
  );
}

/** What is to be clicked next. */
function askFor({ length }: readonly Spot[]): string {
  return length < ANCHORS.length ? `Click ${ANCHORS[length]}, hidden or not.` : "…";
}

/** `9 of 480: `, or `22 left: ` of faces that leave the query once they are placed. */
function counted(query: string, { place, total }: FacePlace): string {
  if (place < 0) return "";
  return /state=(waiting|rejected)/.test(query)
    ? `${(total - place).toLocaleString("en")} left: `
    : `${(place + 1).toLocaleString("en")} of ${total.toLocaleString("en")}: `;
}

interface ZoomingProps {
  readonly size: Extent;
  readonly sight: Sight;
  readonly onSight: (sight: Sight) => void;
  readonly children: ComponentChildren;
}

function Zooming({ size, sight, onSight, children }: ZoomingProps) {
  return (
    <p class="zooming">
      <button type="button" onClick={() => onSight(zoomAt(sight, middleOf(size, sight), 1.5))}>
        Larger
      </button>{" "}
      <button type="button" disabled={sight.zoom === 1} onClick={() => onSight(WHOLE)}>
        Whole picture
      </button>{" "}
      {children}
    </p>
  );
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

function Bar({ editing, state }: { editing: Editing; state: EditorState }) {
  const { face, history, theirs, settle } = editing;
  const { actions, anchors, canUndo } = state;
  if (theirs) {
    return (
      <p class="note warning" role="alert">
        Somebody else has changed this face meanwhile.{" "}
        <button type="button" onClick={() => settle("theirs")}>Take theirs</button>{" "}
        <button type="button" onClick={() => settle("mine")}>Keep mine, to save it again</button>
      </p>
    );
  }
  return (
    <p class="editing" role="group" aria-label="Corrections">
      <button type="button" class="main" disabled={anchors !== null} onClick={actions.save}>
        Save, next
      </button>
      <button type="button" onClick={actions.noFace}>No face</button>
      <button type="button" onClick={actions.place}>Place by five clicks</button>
      <button type="button" disabled={!canUndo} onClick={actions.undo}>Undo</button>
      <button type="button" disabled={history.future.length === 0} onClick={actions.redo}>
        Redo
      </button>
      {face!.isCorrected && (
        <button type="button" onClick={editing.takeBack}>Take back the correction</button>
      )}
      <button type="button" onClick={editing.skip}>Skip</button>
      <button type="button" onClick={actions.escape}>Leave</button>
    </p>
  );
}

function Keys() {
  return (
    <dl class="facts keys">
      <dt>Five clicks</dt>
      <dd>place a whole face</dd>
      <dt>Enter</dt>
      <dd>clicks at a cross; arrows move it</dd>
      <dt>Pull</dt>
      <dd>moves a point, or the picture</dd>
      <dt>Arrows</dt>
      <dd>move the point; with Shift, less</dd>
      <dt>[ ]</dt>
      <dd>choose another point</dd>
      <dt>Wheel, 0, l</dt>
      <dd>enlarge, show all, brighten</dd>
      <dt>s, x, p</dt>
      <dd>save, no face, five clicks</dd>
      <dt>Ctrl-Z</dt>
      <dd>undoes; with Shift, redoes</dd>
      <dt>b</dt>
      <dd>goes back to the face before</dd>
      <dt>Esc</dt>
      <dd>leaves; nothing is lost</dd>
    </dl>
  );
}
