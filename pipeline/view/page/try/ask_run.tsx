/// <reference lib="dom" />
/** What a run's network says of a face of the data set, beside its labels. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Attribute } from "../../../face/attributes.ts";
import type { FaceDetail, Tried } from "../../wire.ts";
import { RunChoice, useRunNames } from "./run_choice.tsx";
import { askOfFaces } from "./trial_queue.ts";
import { Answers } from "./tried_photo.tsx";

/** Of more runs one is chosen from a list. */
const MOST_BUTTONS = 3;

/** The run that was asked last: it is asked of the next face, too, until its answer is closed. */
let asked: string | null = null;

/** The run that is asked, and what asks another one; null for none. */
export function useAskedRun(): [run: string | null, ask: (run: string | null) => void] {
  const [run, setRun] = useState(asked);
  const ask = (run: string | null) => setRun(asked = run);
  return [run, ask];
}

interface AskRunProps {
  readonly run: string | null;
  readonly onAsk: (run: string | null) => void;
}

/** A button for each run; none where there are no runs. */
export function AskRun({ run, onAsk }: AskRunProps): JSX.Element | null {
  const names = useRunNames();
  if (names === null || names.length === 0) return null;
  if (names.length > MOST_BUTTONS) {
    const choose = (name: string) => onAsk(name === "" ? null : name);
    return (
      <RunChoice label="Ask" none="no run" {...{ names, value: run ?? "", onChoose: choose }} />
    );
  }
  return (
    <p class="asking" role="group" aria-label="Networks">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={run === name}
          onClick={() => onAsk(run === name ? null : name)}
        >
          Ask the run {name}
        </button>
      ))}
    </p>
  );
}

interface AnswerProps {
  readonly run: string;
  readonly face: FaceDetail;
  /** Whose map is shown. */
  readonly attribute: Attribute | null;
  readonly onChoose: (name: Attribute | null) => void;
}

/** What the network of a run says, in place of the picture with its points. */
export function RunAnswer({ run, face, attribute, onChoose }: AnswerProps): JSX.Element {
  const [tried, setTried] = useState<Tried | null>(null);
  const [fault, setFault] = useState("");
  const { id, labels } = face;
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    setFault("");
    askOfFaces(run, [id], { signal }).then(
      setTried,
      (error: Error) => signal.aborted || setFault(error.message),
    );
    return () => stop.abort();
  }, [id, run]);
  if (fault !== "") return <p class="note warning" role="status">{fault}</p>;
  if (tried === null) return <p class="count" role="status">Looking …</p>;
  return (
    <>
      {tried.faces.map((one, i) => (
        <Answers key={i} face={one} {...{ labels, chosen: attribute, onChoose }} />
      ))}
    </>
  );
}
