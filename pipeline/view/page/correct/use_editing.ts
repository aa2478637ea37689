/// <reference lib="dom" />
/** A face that is being corrected: its points as they are now, and what becomes of them. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChangeRefusal, FaceDetail, FacePlace, Refined } from "../../wire.ts";
import { ask, Refused, send } from "../ask.ts";
import { go } from "../route.tsx";
import { draftOf, dropDraft, keepDraft } from "./drafts.ts";
import { beginWith, edit, type EditHistory } from "./edit_history.ts";
import type { Spot } from "../spots.ts";
import { agrees, fitShape } from "./fit_shape.ts";
import { nextOf, remember } from "./handled.tsx";
import { WAITING } from "./rejected_queue.tsx";

/** Everything about the face that is being corrected. */
export interface Editing {
  /** Null until it is known. */
  readonly face: FaceDetail | null;
  readonly place: FacePlace | null;
  readonly history: EditHistory;
  readonly setHistory: (history: EditHistory) => void;
  /** Why nothing of the face can be shown, in words. */
  readonly fault: string;
  /** What has become of the last change, or why it is not saved. */
  readonly notice: string;
  /** The face as somebody else has changed it meanwhile, or null. */
  readonly theirs: FaceDetail | null;
  /** Keeps the points, or that there is no face, and goes on to the next one. */
  keep(what: "points" | "no-face"): void;
  /** Lets what the search said count again. */
  takeBack(): void;
  /** Takes what somebody else has done, or keeps one's own over it. */
  settle(choice: "theirs" | "mine"): void;
  /** Places all points by five that were clicked. */
  placeBy(anchors: readonly Spot[]): Promise<void>;
  /** Goes to the next face of the query; after the last one to the grid. */
  skip(): void;
}

export function useEditing(id: number, query: string): Editing {
  const [face, setFace] = useState<FaceDetail | null>(null);
  const [place, setPlace] = useState<FacePlace | null>(null);
  const [history, show] = useState<EditHistory>(beginWith(null));
  const [fault, setFault] = useState("");
  const [notice, setNotice] = useState("");
  const [theirs, setTheirs] = useState<FaceDetail | null>(null);
  /** Where the face stands; who is fast wants to go on before that is known. */
  const standing = useRef<Promise<FacePlace>>();
  /** Whether a change is under way: one at a time. */
  const isBusy = useRef(false);
  const isGone = useRef(false);
  const begin = (face: FaceDetail, history = beginWith(face.points)) => {
    setFace(face);
    show(history);
    setTheirs(null);
    keepDraft(face, history);
  };
  const setHistory = (history: EditHistory) => begin(face!, history);
  useEffect(() => {
    isGone.current = false;
    const failed = (error: Error) => setFault(error.message);
    const draft = draftOf(id);
    ask<FaceDetail>(`faces/${id}`)
      .then((face) => draft ? begin(draft.face, draft.history) : begin(face), failed);
    // Now, for a face that is corrected may no longer be among those of the query.
    standing.current = ask<FacePlace>(`faces/${id}/place?${query}`);
    standing.current.then(setPlace, failed);
    return () => void (isGone.current = true);
  }, [id, query]);
  const nextFace = async () => {
    const { place, next } = await standing.current!;
    const to = (place < 0 ? nextOf(query, id) : null) ?? next;
    return to === id ? null : to;
  };
  const leaveTo = (next: number | null) => {
    if (isGone.current) return; // Who has gone elsewhere meanwhile stays there.
    if (next !== null) go({ place: "correct", id: next, query }, { replace: true });
    else go({ place: "faces", query: query === WAITING ? "" : query });
  };
  /** Sends a change, unless another one is under way. */
  const change = async (
    method: "PUT" | "POST" | "DELETE",
    path: string,
    then: (face: FaceDetail) => void | Promise<void>,
  ) => {
    if (isBusy.current) return;
    isBusy.current = true;
    setNotice("");
    try {
      const points = method === "PUT" ? { points: history.now } : {};
      const value = { revision: face!.revision, ...points };
      const changed = await send<FaceDetail>(method, `faces/${id}/${path}`, value);
      dropDraft(id);
      await then(changed);
    } catch (error) {
      if (error instanceof Refused && error.status === 409) {
        setTheirs((error.answer as ChangeRefusal).face);
      } else setNotice(`Not saved: ${(error as Error).message}`);
      isBusy.current = false;
    }
  };
  return {
    ...{ face, place, history, setHistory, fault, notice, theirs },
    // Busy for as long as the face is in sight: the next key is meant for the next one.
    keep: (what) =>
      void change(what === "points" ? "PUT" : "POST", what, async ({ image }) => {
        const next = await nextFace();
        remember(query, { id, image, what: what === "points" ? "saved" : "no face", next });
        leaveTo(next);
      }),
    takeBack: () =>
      void change("DELETE", "correction", (face) => {
        begin(face, { ...beginWith(face.points), future: history.now ? [history.now] : [] });
        setNotice(
          `Taken back. ${history.now ? "Redo shows the points again, Save keeps them." : ""}`,
        );
        isBusy.current = false;
      }),
    settle(choice) {
      if (choice === "theirs") begin(theirs!);
      else begin(theirs!, history);
    },
    async placeBy(anchors) {
      try {
        setHistory(edit(history, await placed(id, anchors)));
      } catch (error) {
        setNotice((error as Error).message);
      }
    },
    skip: () => void nextFace().then(leaveTo, (error) => setNotice(error.message)),
  };
}

/** The points of the program's predictor where they agree with the five, else the mean face's. */
async function placed(id: number, clicked: readonly Spot[]): Promise<readonly number[]> {
  const { anchors, points } = fitShape(clicked);
  const fitted = points.map((value) => Math.round(value * 100) / 100);
  const refined = await send<Refined>("POST", `faces/${id}/refine`, { points: fitted })
    .then(({ points }) => points, () => null);
  return refined && agrees(refined, anchors) ? refined : fitted;
}
