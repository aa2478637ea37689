/// <reference lib="dom" />
/** The faces of a query that were saved, or said to be none, in their order: a slip is seen on the next face. */

import type { JSX } from "preact";
import { Link } from "../route.tsx";

interface Handled {
  readonly id: number;
  readonly image: string;
  readonly what: "saved" | "no face";
  /** The face that came next; null after the last one. */
  readonly next: number | null;
}

/** Those of the query that was gone through last. */
let handled = { query: "", faces: new Map<number, Handled>() };

function handledOf(query: string): ReadonlyMap<number, Handled> {
  return query === handled.query ? handled.faces : new Map();
}

/** Remembers a face where it was handled first. */
export function remember(query: string, face: Handled): void {
  if (query !== handled.query) handled = { query, faces: new Map() };
  handled.faces.set(face.id, face);
}

/** Where one went from a face that was handled. */
export function nextOf(query: string, id: number): number | null {
  return handledOf(query).get(id)?.next ?? null;
}

/** The face that was handled before this one; of a face that was not, or null, the last one. */
export function handledBefore(query: string, id: number | null): Handled | undefined {
  const faces = [...handledOf(query).values()];
  const at = faces.findIndex((face) => face.id === id);
  return faces.at(at < 0 ? -1 : at - faces.length - 1);
}

/** What has become of the face before, and the way back to it. */
export function GoBack({ query, id }: { query: string; id: number | null }): JSX.Element | null {
  const before = handledBefore(query, id);
  if (!before) return null;
  return (
    <p class="hint" role="status">
      {before.image}: {before.what} —{" "}
      <Link to={{ place: "correct", id: before.id, query }}>
        go back{id === null ? "" : " (b)"}
      </Link>
    </p>
  );
}
