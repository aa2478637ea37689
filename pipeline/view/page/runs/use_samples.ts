/// <reference lib="dom" />
/** A few faces of the validation split, and what a run's networks say of them. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { FaceDetail, FacePage, RunDetail, Tried, TriedFace } from "../../wire.ts";
import { ask } from "../ask.ts";
import { askOfFaces } from "../try/trial_queue.ts";

/** Faces that are shown; they lie evenly in the split. */
const FACES = 6;
/** Most epochs whose answers are kept: one has about half a megabyte. */
const MOST_KEPT = 60;

/** A face, and what the network says of it. */
export interface Sample {
  readonly face: FaceDetail;
  readonly tried: TriedFace;
}

/** Faces of the validation split. */
export function useFaces(): readonly FaceDetail[] {
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
export function useSamples(
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
