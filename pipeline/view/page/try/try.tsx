/// <reference lib="dom" />
/** Networks tried on photographs. */

import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Attribute } from "../../../face/attributes.ts";
import { useTitle } from "../focus.ts";
import { DropPhotos } from "./drop_photos.tsx";
import { RunChoice, useRunNames } from "./run_choice.tsx";
import { TrialQueue } from "./trial_queue.ts";
import { TriedPhoto } from "./tried_photo.tsx";

/** It works on while another place is looked at. */
const queue = new TrialQueue();

export function Try({ query }: { query: string }): JSX.Element {
  const names = useRunNames();
  useTitle("Try");
  return (
    <>
      <h1>Try a network on photographs</h1>
      {names?.length === 0 && (
        <p class="note">
          There is no run to try: start the command with <code>--run RUN</code>, or train one.
        </p>
      )}
      {names !== null && names.length > 0 && (
        <Trial names={names} asked={new URLSearchParams(query).get("run")} />
      )}
    </>
  );
}

interface TrialProps {
  /** Names of runs; at least one. */
  readonly names: readonly string[];
  /** The run that the address asks for. */
  readonly asked: string | null;
}

function Trial({ names, asked }: TrialProps) {
  const { choice } = queue;
  const known = (name: string | null | undefined) => names.find((one) => one === name);
  const [run, setRun] = useState(known(asked) ?? known(choice.runs[0]) ?? names[0]!);
  const [beside, setBeside] = useState(known(choice.runs[1]) ?? "");
  const [all, setAll] = useState(choice.all);
  const [chosen, onChoose] = useState<Attribute | null>(null);
  const shown = { chosen, onChoose };
  useQueue();
  useEffect(
    () => queue.choose({ runs: [run, ...beside && beside !== run ? [beside] : []], all }),
    [run, beside, all],
  );
  const add = useCallback((files: File[]) => queue.add(files), []);
  return (
    <>
      <div class="trial">
        <RunChoice label="Run" names={names} value={run} onChoose={setRun} />
        {names.length > 1 && (
          <RunChoice
            label="Beside"
            names={names.filter((name) => name !== run)}
            value={beside}
            none="none"
            onChoose={setBeside}
          />
        )}
        <AllFaces all={all} onChange={setAll} />
      </div>
      <DropPhotos onFiles={add} />
      <Progress />
      {queue.photos.map((photo, i) => (
        <TriedPhoto key={photo.key} isFirst={i === 0} {...{ photo, ...shown }} />
      ))}
    </>
  );
}

/** Draws again with every change of the queue. */
function useQueue(): void {
  const [, setState] = useState({});
  useEffect(() => queue.listen(() => setState({})), []);
}

function AllFaces({ all, onChange }: { all: boolean; onChange: (all: boolean) => void }) {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={all}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />{" "}
      All faces of a photograph
    </label>
  );
}

function Progress() {
  const { photos, current } = queue;
  const done = photos.filter(({ tried }) => tried).length;
  const failed = photos.filter(({ fault }) => fault !== "").length;
  const all = photos.length;
  const leftOut = queue.leftOut > 0 ? ` ${queue.leftOut} more are too many at a time.` : "";
  return (
    <div class="progress">
      <p role="status">
        {current
          ? `Looking at ${done + failed + 1} of ${all}: ${current.file.name} …`
          : all > 0
          ? `${done} of ${all} photographs have an answer.${leftOut}`
          : "They stay on this machine, and nothing is kept of them."}
      </p>
      {current && <progress value={done + failed} max={all} aria-label="Photographs" />}
      {current && <button type="button" onClick={() => queue.cancel()}>Cancel</button>}
      {!current && all > 0 && <button type="button" onClick={() => queue.clear()}>Clear</button>}
    </div>
  );
}
