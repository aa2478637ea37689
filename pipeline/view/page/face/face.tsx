/// <reference lib="dom" />
/** One face, large: its picture with points and regions, its labels, and its neighbours. */

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Attribute } from "../../../face/attributes.ts";
import { ATTRIBUTE_REGIONS } from "../../../face/regions.ts";
import { spaced } from "../../../report/text.ts";
import type { About, FaceDetail, FacePlace } from "../../wire.ts";
import { ask } from "../ask.ts";
import { rememberPlace } from "../browse/return_place.ts";
import { CopyButton } from "../copy_button.tsx";
import { useTitle } from "../focus.ts";
import { addressOf, go, Link } from "../route.tsx";
import { AskRun, RunAnswer, useAskedRun } from "../try/ask_run.tsx";
import { useFacesVersion } from "../told.ts";
import { LabelEditor } from "./label_editor.tsx";
import { Drawing } from "./drawing.tsx";

interface FaceProps {
  readonly about: About;
  readonly id: number;
  readonly query: string;
}

export function Face({ about, id, query }: FaceProps): JSX.Element {
  const [face, setFace] = useState<FaceDetail | null>(null);
  const [place, setPlace] = useState<FacePlace | null>(null);
  const [attribute, setAttribute] = useState<Attribute | null>(null);
  const [fault, setFault] = useState("");
  const [run, askRun] = useAskedRun();
  const version = useFacesVersion();
  useEffect(() => {
    const failed = (error: Error) => setFault(error.message);
    ask<FaceDetail>(`faces/${id}`).then(setFace, failed);
    ask<FacePlace>(`faces/${id}/place?${query}`).then(setPlace, failed);
  }, [id, query, version]);
  useEffect(() => place ? rememberPlace(query, place.place) : undefined, [place]);
  useNeighbourKeys(id, place, query);
  useTitle(face?.image ?? "A face");
  if (fault !== "") return <p class="note warning">{fault}</p>;
  if (face === null) return <p class="count" role="status">…</p>;
  const regions = attribute && ATTRIBUTE_REGIONS[attribute];
  const choice = { face, attribute, onChoose: setAttribute };
  return (
    <article class="face-page">
      <div>
        <Neighbours {...{ place, query }} />
        {run === null
          ? <Drawing face={face} regions={regions ?? []} />
          : <RunAnswer run={run} {...choice} />}
      </div>
      <aside>
        <h1>{face.image}</h1>
        <Facts face={face} />
        <p>
          <Link to={{ place: "correct", id, query }} class="button" aria-keyshortcuts="e">
            Correct its points
          </Link>
        </p>
        <AskRun run={run} onAsk={askRun} />
        {run === null && <Labels {...choice} />}
        <LabelEditor file={about.correctedLabels} face={face} onChange={setFace} />
        <p class="hint">
          <kbd>j</kbd> and <kbd>k</kbd> go to the next face and the one before, <kbd>e</kbd>{" "}
          corrects its points, <kbd>Esc</kbd> leads back to the grid.
        </p>
      </aside>
    </article>
  );
}

/** J and K go to the next face and the one before; Escape goes back to the grid. */
function useNeighbourKeys(at: number, place: FacePlace | null, query: string): void {
  // Before they are drawn: who sees the neighbours may press the keys.
  useLayoutEffect(() => {
    const press = ({ key, target, altKey, ctrlKey, metaKey }: KeyboardEvent) => {
      const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
      if (isTyping || altKey || ctrlKey || metaKey || place === null) return;
      if (key === "e") go({ place: "correct", id: at, query });
      if (key === "Escape") go({ place: "faces", query });
      const id = key === "j" ? place.next : key === "k" ? place.previous : null;
      if (id !== null) go({ place: "face", id, query }, { replace: true });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [at, place, query]);
}

function Neighbours({ place, query }: { place: FacePlace | null; query: string }) {
  const link = (id: number | null | undefined, title: string, key: string) =>
    id === null || id === undefined
      ? <span class="off">{title}</span>
      : <a href={addressOf({ place: "face", id, query })} aria-keyshortcuts={key}>{title}</a>;
  return (
    <nav class="neighbours" aria-label="Neighbours">
      <Link to={{ place: "faces", query }} aria-keyshortcuts="Escape">All faces</Link>
      {link(place?.previous, "← Previous", "k")}
      {link(place?.next, "Next →", "j")}
      {place && place.place >= 0 && (
        <span>
          {(place.place + 1).toLocaleString("en")} of {place.total.toLocaleString("en")}
        </span>
      )}
    </nav>
  );
}

function Facts({ face }: { face: FaceDetail }) {
  return (
    <dl class="facts">
      {face.split && (
        <>
          <dt>Split</dt>
          <dd>{face.split}</dd>
        </>
      )}
      <dt>Landmarks</dt>
      <dd>
        {face.state === null
          ? "not known"
          : face.reason ?? (face.isCorrected ? "corrected by hand" : "found")}
      </dd>
      <dt>File</dt>
      <dd>
        <code>{face.path}</code> <CopyButton text={face.path} />
      </dd>
    </dl>
  );
}

interface LabelsProps {
  readonly face: FaceDetail;
  readonly attribute: Attribute | null;
  readonly onChoose: (attribute: Attribute | null) => void;
}

/** The attributes of the face; one that is chosen shows its mask. */
function Labels({ face, attribute, onChoose }: LabelsProps) {
  if (face.labels === null) return null;
  return (
    <section aria-labelledby="labels">
      <h2 id="labels">Labels</h2>
      <ul class="labels">
        {face.labels.map((name) => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={attribute === name}
              disabled={!face.points}
              onClick={() => onChoose(attribute === name ? null : name)}
            >
              {spaced(name)}
            </button>
          </li>
        ))}
      </ul>
      <p class="hint">
        {face.points ? "A label shows where its mask is." : "Without points there are no masks."}
      </p>
    </section>
  );
}
