/// <reference lib="dom" />
/** A face, and the attributes that networks see in it; the one that is chosen shows where. */

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Attribute } from "../../../face/attributes.ts";
import type { RgbImage } from "../../../image/pixels.ts";
import { spaced } from "../../../report/text.ts";
import { FacePicture } from "./face_picture.tsx";
import { namesIn, type Said, type SaidAttribute } from "./said_face.ts";

interface ResultProps {
  readonly face: RgbImage;
  /** One network or several. */
  readonly said: readonly Said[];
  /** The attribute whose maps are shown; null for the face alone. */
  readonly chosen: Attribute | null;
  readonly onChoose: (name: Attribute | null) => void;
  /** What the face is labelled with; what disagrees is marked. */
  readonly labels?: readonly Attribute[] | null;
}

export function Result({ face, said, chosen, onChoose, labels = null }: ResultProps): JSX.Element {
  const group = useId();
  const choice = { group, chosen, onChoose };
  return (
    <div class="result">
      <div class="maps">
        {said.map(({ by, attributes }) => (
          <FacePicture
            key={by}
            {...{ by, face }}
            said={attributes.find(({ name }) => name === chosen) ?? null}
          />
        ))}
      </div>
      <fieldset class="said">
        <legend>
          <b>Choose an attribute to see where it appears.</b>{" "}
          It counts (✓) above its threshold, the line in its bar.
          {said.length > 1 && ` From above: ${said.map(({ by }) => by).join(", ")}.`}
        </legend>
        <label class="plain">
          <Choice {...choice} name={null} />
          <span>The face alone</span>
        </label>
        {namesIn(said).map((name) => <Row key={name} {...{ name, said, labels, ...choice }} />)}
      </fieldset>
    </div>
  );
}

interface ChoiceProps {
  /** Tells this result's buttons from those of others. */
  readonly group: string;
  readonly name: Attribute | null;
  readonly chosen: Attribute | null;
  readonly onChoose: (name: Attribute | null) => void;
}

/** A radio button: arrow keys go from one to the next. */
function Choice({ group, name, chosen, onChoose }: ChoiceProps) {
  return (
    <input
      type="radio"
      name={group}
      checked={chosen === name}
      onChange={() => onChoose(name)}
    />
  );
}

interface RowProps extends ChoiceProps, Pick<ResultProps, "said"> {
  readonly name: Attribute;
  readonly labels: readonly Attribute[] | null;
}

/** An attribute: its name, and of each network a bar with the threshold, and per cent. */
function Row({ name, said, labels, ...choice }: RowProps) {
  const answers = said.map(({ attributes }) => attributes.find((one) => one.name === name));
  const [first] = answers;
  const isPresent = answers.some((answer) => answer?.isPresent);
  return (
    <label
      class={isPresent ? "present" : ""}
      data-attribute={name}
      data-probability={first?.probability}
    >
      <Choice {...choice} name={name} />
      <span>
        {spaced(name)}
        {labels && <Label isLabelled={labels.includes(name)} answers={answers} />}
      </span>
      <span class="answers">
        {answers.map((answer, i) =>
          answer ? <Answer key={i} by={said[i]!.by} {...answer} /> : <i key={i}>not learnt</i>
        )}
      </span>
    </label>
  );
}

interface LabelProps {
  readonly isLabelled: boolean;
  readonly answers: readonly (SaidAttribute | undefined)[];
}

/** What the face is labelled with, where it is, or where a network disagrees. */
function Label({ isLabelled, answers }: LabelProps) {
  const isWrong = answers.some((answer) => answer && answer.isPresent !== isLabelled);
  if (!isWrong) return isLabelled ? <em>labelled</em> : null;
  return <em class="wrong">{isLabelled ? "≠ labelled yes" : "≠ labelled no"}</em>;
}

function Answer({ by, probability, threshold, isPresent }: SaidAttribute & { by: string }) {
  return (
    <span class={isPresent ? "answer above" : "answer"}>
      <span class="gauge" aria-hidden="true">
        <i style={{ width: `${100 * probability}%` }} />
        <b
          style={{ left: `${100 * threshold}%` }}
          title={`counts above ${(100 * threshold).toFixed(0)} %`}
        />
      </span>
      <span class="share">
        {by !== "" && <span class="unseen">{by}:</span>}
        {isPresent ? "✓ " : ""}
        {(100 * probability).toFixed(1)} %
      </span>
    </span>
  );
}
