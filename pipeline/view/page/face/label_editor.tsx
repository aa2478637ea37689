/// <reference lib="dom" />
/** All 40 attributes of a face, to be ticked. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { type Attribute, ATTRIBUTES } from "../../../face/attributes.ts";
import { spaced } from "../../../report/text.ts";
import type { FaceDetail, LabelsChange } from "../../wire.ts";
import { ask, Refused, send } from "../ask.ts";

interface LabelEditorProps {
  /** That labels are corrected in; null where they are not. */
  readonly file: string | null;
  readonly face: FaceDetail;
  /** Told what the server makes of a change. */
  readonly onChange: (face: FaceDetail) => void;
}

/** Whether it is open: it stays so for the next face. */
let wasOpen = false;

export function LabelEditor({ file, face, onChange }: LabelEditorProps): JSX.Element | null {
  const [fault, setFault] = useState("");
  /** As it is after the last change, which may not have been drawn yet. */
  const latest = useRef(face);
  latest.current = face;
  const last = useRef(Promise.resolve());
  if (file === null || face.labels === null) return null;
  const { id, labels } = face;
  const change = async (name: Attribute) => {
    const { labels, labelRevision: revision } = latest.current;
    const next = ATTRIBUTES.filter((other) => labels!.includes(other) !== (other === name));
    try {
      const change: LabelsChange = { labels: next, revision };
      latest.current = await send<FaceDetail>("PUT", `faces/${id}/labels`, change);
      setFault("");
    } catch (error) {
      // What is so now, where somebody else was faster.
      if (error instanceof Refused) latest.current = await ask<FaceDetail>(`faces/${id}`);
      setFault((error as Error).message);
    }
    onChange(latest.current);
  };
  /** One change after the other: each says of which revision it is. */
  const toggle = (name: Attribute) => {
    last.current = last.current.then(() => change(name)).catch(() => {});
  };
  return (
    <details
      class="label-editor"
      open={wasOpen}
      onToggle={(event) => void (wasOpen = event.currentTarget.open)}
    >
      <summary>Correct labels</summary>
      <p class="hint">
        Kept at once, in <code>{file}</code>: <code>--labels</code> reads it.
      </p>
      {fault !== "" && <p class="note warning" role="alert">{fault}</p>}
      <ul>
        {ATTRIBUTES.map((name) => (
          <li key={name}>
            <label>
              <input
                type="checkbox"
                name={name}
                checked={labels.includes(name)}
                onChange={() => toggle(name)}
              />
              {spaced(name)}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
