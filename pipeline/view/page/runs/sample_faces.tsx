/// <reference lib="dom" />
/** What a run's network says of a few faces of the validation split, and where; anew after each epoch. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Attribute, ATTRIBUTES } from "../../../face/attributes.ts";
import { FacePicture } from "../../../export/web/result/face_picture.tsx";
import { percent, spaced } from "../../../report/text.ts";
import type { FaceDetail, FacePage, RunState, Tried } from "../../wire.ts";
import { ask } from "../ask.ts";
import { addressOf } from "../route.tsx";
import { pictureOf, saidOf } from "../try/said.ts";
import { askOfFace } from "../try/trial_queue.ts";

/** Faces that are shown; they lie evenly in the split. */
const FACES = 6;

/** A face, and what the network says of it. */
interface Sample {
  readonly face: FaceDetail;
  readonly tried: Tried;
}

export function SampleFaces({ runs }: { runs: readonly RunState[] }): JSX.Element | null {
  const [attribute, setAttribute] = useState<Attribute>("Smiling");
  const [wanted, setWanted] = useState<string | null>(null);
  const run = runs.find(({ name }) => name === wanted) ??
    runs.find(({ state }) => state === "trains") ?? runs.at(-1);
  const samples = useSamples(run?.name, run?.bestEpoch);
  if (!run || samples.length === 0) return null;
  return (
    <section aria-labelledby="samples">
      <h2 id="samples">Faces of the validation split</h2>
      <p>
        <label>
          Run{" "}
          <select value={run.name} onChange={(event) => setWanted(event.currentTarget.value)}>
            {runs.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>{" "}
        <label>
          Attribute{" "}
          <select
            value={attribute}
            onChange={(event) => setAttribute(event.currentTarget.value as Attribute)}
          >
            {ATTRIBUTES.map((name) => <option key={name} value={name}>{spaced(name)}</option>)}
          </select>
        </label>
      </p>
      <p class="hint">
        After epoch{" "}
        {(run.bestEpoch ?? 0) + 1}, the best so far. Bright is where it sees the attribute; the
        white line is at one half.
      </p>
      <ul class="samples">
        {samples.map((sample) => <SampleFace key={sample.face.id} {...{ sample, attribute }} />)}
      </ul>
    </section>
  );
}

function SampleFace({ sample, attribute }: { sample: Sample; attribute: Attribute }) {
  const { face, tried } = sample;
  // Drawn anew where something is new, and not with every look at the runs.
  const [picture, all] = useMemo(() => {
    const one = tried.faces[0]!;
    return [pictureOf(one), saidOf(one)[0]!.attributes] as const;
  }, [tried]);
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

/** What the run says of the faces; the earlier answers stay until there are others. */
function useSamples(run: string | undefined, epoch: number | null | undefined): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    if (run !== undefined && epoch !== null) {
      // A run of other faces, or one whose model is being replaced, is shown with the next epoch.
      look(run, stop.signal).then(setSamples, () => {});
    }
    return () => stop.abort();
  }, [run, epoch]);
  return samples;
}

async function look(run: string, signal: AbortSignal): Promise<Sample[]> {
  const query = "faces?split=validation";
  const { total } = await ask<FacePage>(`${query}&count=1`, { signal });
  const samples: Sample[] = [];
  for (let i = 0; i < Math.min(FACES, total); i++) {
    const from = Math.floor(i * total / FACES);
    const { faces } = await ask<FacePage>(`${query}&from=${from}&count=1`, { signal });
    const { id } = faces[0]!;
    const tried = await askOfFace(run, id, signal);
    samples.push({ face: await ask<FaceDetail>(`faces/${id}`, { signal }), tried });
  }
  return samples;
}
