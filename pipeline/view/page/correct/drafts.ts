/// <reference lib="dom" />
/** Points that are not saved: kept for as long as the page is open, whatever else is looked at meanwhile. */

import type { FaceDetail } from "../../wire.ts";
import { type EditHistory, isEdited } from "./edit_history.ts";

/** What was done to a face. */
export interface Draft {
  /** As it was when this was begun: saving finds out whether somebody else has changed it since. */
  readonly face: FaceDetail;
  readonly history: EditHistory;
}

/** By the faces' ids. */
const drafts = new Map<number, Draft>();

/** What was done to a face and not saved. */
export function draftOf(id: number): Draft | undefined {
  return drafts.get(id);
}

/** All of them. */
export function allDrafts(): readonly Draft[] {
  return [...drafts.values()];
}

/** Keeps what was done to a face; forgets the face where all is undone. */
export function keepDraft(face: FaceDetail, history: EditHistory): void {
  if (isEdited(history)) drafts.set(face.id, { face, history });
  else dropDraft(face.id);
}

/** It is saved. */
export function dropDraft(id: number): void {
  drafts.delete(id);
}

// The browser asks whether they may be lost.
addEventListener("beforeunload", (event) => void (drafts.size > 0 && event.preventDefault()));
