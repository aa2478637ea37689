/// <reference lib="dom" />
/** What a run's networks say of a few faces of the validation split, and where, from epoch to epoch. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Attribute, ATTRIBUTES } from "../../../face/attributes.ts";
import { FacePicture } from "../../../export/web/result/face_picture.tsx";
import { percent, spaced } from "../../../report/text.ts";
import type { About, FaceDetail, FacePage, RunDetail, Tried, TriedFace } from "../../wire.ts";
import { ask } from "../ask.ts";
import { addressOf } from "../route.tsx";
import { pictureOf, saidOf } from "../try/said.ts";
import { askOfFaces } from "../try/trial_queue.ts";

/** Faces that are shown; they lie evenly in the split. */
const FACES = 6;
/** Most epochs whose answers are kept: one has about half a megabyte. */
const MOST_KEPT = 60;

/** A face, and what the network says of it. */
interface Sample {
  readonly face: FaceDetail;
  readonly tried: TriedFace;
}

export function SampleFaces(
  { about, run }: { readonly about: About; readonly run: RunDetail },
): JSX.Element | null {
  const [attribute, setAttribute] = useState<Attribute>("Smiling");
  /** Null follows the newest. */
  const [chosen, choose] = useState<number | null>(null);
  const faces = useFaces();
  const newest = run.keptEpochs.at(-1) ?? null;
  const wanted = chosen ?? newest;
  const { shown, epochs, fault } = useSamples(run, wanted, faces);
  if (faces.length === 0 || (newest === null && run.bestEpoch === null)) return null;
  const choice = { epochs, wanted, bestEpoch: run.bestEpoch };
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
            {ATTRIBUTES.map((name) => <option key={name} value={name}>{spaced(name)}</option>)}
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

/** Faces of the validation split. */
function useFaces(): readonly FaceDetail[] {
  const [faces, setFaces] = useState<readonly FaceDetail[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    // Without them the page is as good as it is for a data set that has no such split.
    facesOfSplit(stop.signal).then(setFaces, () => {});
    return () => stop.abort();
  }, []);
  return faces;
}

async function facesOfSplit(signal: AbortSignal): Promise<FaceDetail[]> {
  const query = "faces?split=validation";
  const { total } = await ask<FacePage>(`${query}&count=1`, { signal });
  const count = Math.min(FACES, total);
  return await Promise.all(Array.from({ length: count }, async (_, i) => {
    const from = Math.floor(i * total / count);
    const { faces } = await ask<FacePage>(`${query}&from=${from}&count=1`, { signal });
    return await ask<FaceDetail>(`faces/${faces[0]!.id}`, { signal });
  }));
}

interface Samples {
  /** What the network says, and until then what the one before said. */
  readonly shown: readonly Sample[];
  /** Those that can be asked for. */
  readonly epochs: readonly number[];
  readonly fault: string;
}

/** What the network after an epoch says; null stands for the best one's. */
function useSamples(
  { name, keptEpochs, bestEpoch }: RunDetail,
  epoch: number | null,
  faces: readonly FaceDetail[],
): Samples {
  const said = useRef(new Map<number | null, Tried>());
  const [shown, setShown] = useState<readonly Sample[]>([]);
  const [fault, setFault] = useState("");
  // Where no epoch is kept there is the best one's network.
  const which = epoch ?? (bestEpoch === null ? undefined : null);
  useEffect(() => {
    if (faces.length === 0 || which === undefined) return;
    const stop = new AbortController();
    const show = ({ faces: all }: Tried) => {
      setShown(faces.map((face, i) => ({ face, tried: all[i]! })));
      setFault("");
    };
    const known = said.current.get(which);
    if (known) show(known);
    else {
      const ids = faces.map(({ id }) => id);
      askOfFaces(name, ids, { epoch: which, signal: stop.signal }).then((tried) => {
        const [oldest] = said.current.keys();
        const kept = withPictures(tried, oldest === undefined ? tried : said.current.get(oldest)!);
        said.current.set(which, kept);
        if (said.current.size > MOST_KEPT) said.current.delete(oldest!);
        show(kept);
      }, (error: Error) => stop.signal.aborted || setFault(error.message));
    }
    return () => stop.abort();
  }, [name, which, faces]);
  const seen = [...said.current.keys()].filter((epoch) => epoch !== null);
  const epochs = [...new Set([...keptEpochs, ...seen])].sort((a, b) => a - b);
  return { shown, epochs, fault };
}

/** With the pictures of another answer, which are the same: they take most of the memory. */
function withPictures({ faces }: Tried, other: Tried): Tried {
  return { faces: faces.map((face, i) => ({ ...face, face: other.faces[i]!.face })) };
}
