/// <reference lib="dom" />
/** A face that is being corrected: its points as they are now, and what becomes of them. */

import { useEffect, useState } from "preact/hooks";
import type { ChangeRefusal, FaceDetail, FacePlace, Refined } from "../../wire.ts";
import { ask, Refused, send } from "../ask.ts";
import { go } from "../route.tsx";
import { beginWith, edit, type EditHistory } from "./edit_history.ts";
import { anchorsOf, fitShape, type Spot } from "./fit_shape.ts";

/** How a face is changed: method and path of the request. */
type Change = ["PUT", "points"] | ["POST", "no-face"] | ["DELETE", "correction"];

/** Everything about the face that is being corrected. */
export interface Editing {
  /** Null until it is known. */
  readonly face: FaceDetail | null;
  readonly place: FacePlace | null;
  readonly history: EditHistory;
  readonly setHistory: (history: EditHistory) => void;
  /** What went wrong, in words. */
  readonly fault: string;
  /** The face as somebody else has changed it meanwhile, or null. */
  readonly theirs: FaceDetail | null;
  /** Keeps a change, and goes on to the next face. */
  keep(...change: Change): Promise<void>;
  /** Takes what somebody else has done, or keeps one's own over it. */
  settle(choice: "theirs" | "mine"): void;
  /** Places all points by five that were clicked. */
  placeBy(anchors: readonly Spot[]): Promise<void>;
  /** Goes to the next face of the query; to the grid after the last one. */
  leave(): void;
}

export function useEditing(id: number, query: string): Editing {
  const [face, setFace] = useState<FaceDetail | null>(null);
  const [place, setPlace] = useState<FacePlace | null>(null);
  const [history, setHistory] = useState<EditHistory>(beginWith(null));
  const [fault, setFault] = useState("");
  const [theirs, setTheirs] = useState<FaceDetail | null>(null);
  const begin = (face: FaceDetail) => {
    setFace(face);
    setHistory(beginWith(face.points));
    setTheirs(null);
  };
  useEffect(() => {
    const failed = (error: Error) => setFault(error.message);
    ask<FaceDetail>(`faces/${id}`).then(begin, failed);
    // Now, for a face that is corrected may no longer be among those of the query.
    ask<FacePlace>(`faces/${id}/place?${query}`).then(setPlace, failed);
  }, [id, query]);
  const leave = () => {
    const next = place?.next ?? null;
    if (next === null || next === id) go({ place: "faces", query });
    else go({ place: "correct", id: next, query }, { replace: true });
  };
  return {
    ...{ face, place, history, setHistory, fault, theirs, leave },
    async keep(method, what) {
      const points = what === "points" ? { points: history.now } : {};
      try {
        await send(method, `faces/${id}/${what}`, { revision: face!.revision, ...points });
        leave();
      } catch (error) {
        if (error instanceof Refused && error.status === 409) {
          setTheirs((error.answer as ChangeRefusal).face);
        } else setFault((error as Error).message);
      }
    },
    settle(choice) {
      if (choice === "theirs") begin(theirs!);
      else setFace(theirs);
      setTheirs(null);
    },
    async placeBy(anchors) {
      setHistory(edit(history, await placed(id, anchors)));
    },
  };
}

/**
 * How far the program's own points may be from those that were clicked, in distances between the eyes, or between
 * them and the mouth where a face is turned.
 */
const MOST_OFF = 0.15;

/** The points of the program's predictor where they agree with the five, else the mean face's. */
async function placed(id: number, clicked: readonly Spot[]): Promise<readonly number[]> {
  const { anchors, points } = fitShape(clicked);
  const fitted = points.map((value) => Math.round(value * 100) / 100);
  const refined = await send<Refined>("POST", `faces/${id}/refine`, { points: fitted })
    .then(({ points }) => points, () => null);
  if (!refined) return fitted;
  const [left, right, , corner, other] = anchors as [Spot, Spot, Spot, Spot, Spot];
  const eyes = Math.hypot(right[0] - left[0], right[1] - left[1]);
  const height = Math.hypot(
    (corner[0] + other[0] - left[0] - right[0]) / 2,
    (corner[1] + other[1] - left[1] - right[1]) / 2,
  );
  const off = anchorsOf(refined).map(([x, y], at) =>
    Math.hypot(x - anchors[at]![0], y - anchors[at]![1])
  );
  return Math.max(...off) <= MOST_OFF * Math.max(eyes, height) ? refined : fitted;
}
