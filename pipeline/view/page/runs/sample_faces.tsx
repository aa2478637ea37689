/// <reference lib="dom" />
/** What a run's networks say of a few faces of the validation split, and where, from epoch to epoch. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { type Attribute, ATTRIBUTES } from "../../../face/attributes.ts";
import { FacePicture } from "../../../export/web/result/face_picture.tsx";
import { percent, spaced } from "../../../report/text.ts";
import type { About, RunDetail } from "../../wire.ts";
import { addressOf } from "../route.tsx";
import { pictureOf, saidOf } from "../try/said.ts";
import { type Sample, useFaces, useSamples } from "./use_samples.ts";

export function SampleFaces(
  { about, run }: { readonly about: About; readonly run: RunDetail },
): JSX.Element | null {
  const [preferred, setAttribute] = useState<Attribute>("Smiling");
  /** Null follows the newest. */
  const [chosen, choose] = useState<number | null>(null);
  const faces = useFaces();
  const newest = run.keptEpochs.at(-1) ?? null;
  const wanted = chosen ?? newest;
  const { shown, epochs, fault } = useSamples(run, wanted, faces);
  if (faces.length === 0 || (newest === null && run.bestEpoch === null)) return null;
  const choice = { epochs, wanted, bestEpoch: run.bestEpoch };
  // A run may learn some of them.
  const learnt = shown[0]?.tried.said[0]?.attributes.map(({ name }) => name) ?? ATTRIBUTES;
  const attribute = learnt.includes(preferred) ? preferred : learnt[0]!;
  return (
    <section aria-labelledby="samples">
      <h2 id="samples">Faces of the validation split</h2>
      <p class="chosen">
        <label>
          Attribute{" "}
          <select
            name="attribute"
            value={attribute}
            onChange={(event) => setAttribute(event.currentTarget.value as Attribute)}
          >
            {learnt.map((name) => <option key={name} value={name}>{spaced(name)}</option>)}
          </select>
        </label>
        {epochs.length > 1 && (
          <EpochSlider
            {...choice}
            onChoose={(at) => choose(at === newest ? null : at)}
          />
        )}
      </p>
      {fault !== "" && <p class="note warning">{fault}</p>}
      <p class="hint">
        {wanted !== null && wanted === run.bestEpoch && "This is the best epoch. "}Bright is where
        it sees the attribute; the white line is at one half.
        {epochs.length < run.epochs &&
          " Networks of other epochs are not kept: --keep-best keeps more of them."}
        {run.dataset !== about.dataset &&
          " The faces are those of the data set shown here, and not of the one that it trains with."}
      </p>
      {shown.length === 0 && fault === "" && <p class="count" role="status">Looking …</p>}
      <ul class="samples">
        {shown.map((sample) => <SampleFace key={sample.face.id} {...{ sample, attribute }} />)}
      </ul>
    </section>
  );
}

interface EpochSliderProps {
  readonly epochs: readonly number[];
  readonly wanted: number | null;
  readonly bestEpoch: number | null;
  readonly onChoose: (epoch: number) => void;
}

function EpochSlider({ epochs, wanted, bestEpoch, onChoose }: EpochSliderProps) {
  const at = wanted === null ? epochs.length - 1 : epochs.indexOf(wanted);
  const says = `epoch ${(epochs[at] ?? 0) + 1}`;
  return (
    <label>
      Network after {says}{" "}
      <input
        type="range"
        name="epoch"
        min={0}
        max={epochs.length - 1}
        value={at}
        aria-valuetext={epochs[at] === bestEpoch ? `${says}, the best` : says}
        onInput={(event) => onChoose(epochs[Number(event.currentTarget.value)]!)}
      />
    </label>
  );
}

function SampleFace({ sample, attribute }: { sample: Sample; attribute: Attribute }) {
  const { face, tried } = sample;
  // Drawn anew where something is new, and not with every look at the run.
  const [picture, all] = useMemo(
    () => [pictureOf(tried), saidOf(tried)[0]!.attributes] as const,
    [tried],
  );
  const said = all.find(({ name }) => name === attribute) ?? null;
  const isLabelled = face.labels?.includes(attribute);
  const isRight = said?.isPresent === isLabelled;
  return (
    <li>
      <FacePicture by="" face={picture} said={said} />
      <p>
        <a href={addressOf({ place: "face", id: face.id, query: "split=validation" })}>
          {face.image}
        </a>
        <br />
        {said &&
          `${percent(said.probability, 0)} %, ${isRight ? "✓" : "✕"} labelled ${
            isLabelled ? "yes" : "no"
          }`}
      </p>
    </li>
  );
}
