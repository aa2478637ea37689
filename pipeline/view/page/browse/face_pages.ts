/// <reference lib="dom" />
/** The faces that a query chooses, fetched in stretches as they come into sight. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { FacePage, ListedFace } from "../../wire.ts";
import { ask } from "../ask.ts";

/** Faces of one stretch. */
const STRETCH = 250;
/** Stretches that are kept: more than any screen shows. */
const KEPT = 40;
/** Milliseconds that a stretch must be in sight before it is asked for: who scrolls on needs none. */
const AT_REST = 80;

/** Faces by their place in the grid. */
export interface Faces {
  /** How many there are; null until that is known. */
  readonly total: number | null;
  /** What went wrong, in words. */
  readonly fault: string;
  /** The face at a place; undefined until it is there. */
  at(place: number): ListedFace | undefined;
  /** Says which places are in sight. */
  see(from: number, to: number): void;
}

/** Fetches the faces of a query; anew where `version` has changed, while the old ones stay in sight. */
export function useFaces(query: string, version: number): Faces {
  const stretches = useRef(new Map<number, readonly ListedFace[]>());
  const [total, setTotal] = useState<number | null>(null);
  const [fault, setFault] = useState("");
  const [seen, setSeen] = useState<readonly [from: number, to: number]>([0, 1]);
  const fresh = useRef(new Set<number>());
  useEffect(() => {
    stretches.current.clear();
    setTotal(null);
  }, [query]);
  useEffect(() => fresh.current.clear(), [query, version]);
  useEffect(() => {
    const stop = new AbortController();
    const fetchSeen = async () => {
      for (const stretch of inSightFirst(seen)) {
        if (fresh.current.has(stretch)) continue;
        const span = `from=${stretch * STRETCH}&count=${STRETCH}`;
        const page = await ask<FacePage>(`faces?${query && query + "&"}${span}`, {
          signal: stop.signal,
        });
        keep(stretches.current, stretch, page.faces);
        fresh.current.add(stretch);
        setFault("");
        // A new object draws the grid again, also where the number stays.
        setTotal(page.total);
        setSeen(([from, to]) => [from, to]);
      }
    };
    const timer = setTimeout(
      () => fetchSeen().catch((error: Error) => stop.signal.aborted || setFault(error.message)),
      fresh.current.size === 0 ? 0 : AT_REST,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [query, version, seen[0], seen[1]]);
  return {
    total,
    fault,
    at: (place) => stretches.current.get(Math.floor(place / STRETCH))?.[place % STRETCH],
    see: (from, to) => {
      const next = [
        Math.floor(from / STRETCH),
        Math.floor(Math.max(from, to - 1) / STRETCH) + 1,
      ] as const;
      if (next[0] !== seen[0] || next[1] !== seen[1]) setSeen(next);
    },
  };
}

/** The stretches in sight, then their neighbours: whoever scrolls on finds them there. */
function* inSightFirst([from, to]: readonly [number, number]): Generator<number> {
  for (let stretch = from; stretch < to; stretch++) yield stretch;
  yield to;
  if (from > 0) yield from - 1;
}

function keep<T>(kept: Map<number, T>, key: number, value: T): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > KEPT) kept.delete(oldest!);
}
