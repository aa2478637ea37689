/// <reference lib="dom" />
/** Coming back from a face to the grid where it stands, with the keyboard on it. */

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The face that was looked at last, by its place among those of a query. */
let last: { readonly query: string; readonly place: number } | null = null;

/** Remembers a face that is looked at. */
export function rememberPlace(query: string, place: number): void {
  last = place < 0 ? null : { query, place };
}

interface ShownGrid {
  readonly box: RefObject<HTMLElement>;
  readonly query: string;
  readonly total: number;
  readonly columns: number;
  /** Height of a row in pixels. */
  readonly row: number;
}

/** Brings the face that was looked at last into sight, once, when the grid has its rows. */
export function useReturn({ box, query, total, columns, row }: ShownGrid): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || total === 0 || row <= 1) return;
    isDone.current = true;
    if (last?.query !== query || last.place >= total) return;
    const { place } = last;
    const top = box.current!.getBoundingClientRect().top + scrollY;
    scrollTo({ top: top + Math.floor(place / columns) * row - innerHeight / 3 });
    focusWhenDrawn(`[data-place="${place}"]`, 200);
  });
}

/** Tiles are drawn once their stretch of the faces has come. */
function focusWhenDrawn(selector: string, tries: number): void {
  const tile = document.querySelector<HTMLElement>(selector);
  if (tile) tile.focus({ preventScroll: true });
  else if (tries > 0 && isNowhere()) setTimeout(() => focusWhenDrawn(selector, tries - 1), 50);
}

/** Whether the keyboard is on nothing that somebody has chosen meanwhile. */
function isNowhere(): boolean {
  return document.activeElement === document.body || document.activeElement?.id === "main";
}
