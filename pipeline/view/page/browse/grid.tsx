/// <reference lib="dom" />
/** The grid: only rows in sight are in the document, so that 202,599 faces scroll as ten do. */

import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Faces } from "./face_pages.ts";
import { useReturn } from "./return_place.ts";
import { Row } from "./row.tsx";

/** Least width of a tile in pixels, the space around it, and the height of its name. */
const [TILE, GAP, NAME] = [92, 8, 20];
/** Height of a tile by its width, as CelebA's aligned images have it. */
const ASPECT = 218 / 178;
/** Rows above and below those in sight. */
const MARGIN = 3;
/** Milliseconds after which a leap has ended. */
const AT_REST = 80;

interface Extent {
  readonly columns: number;
  /** Height of a row with its gap, in pixels. */
  readonly row: number;
}

export function Grid({ faces, query }: { faces: Faces; query: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const total = faces.total ?? 0;
  const { columns, row } = useExtent(box);
  const rows = Math.ceil(total / columns);
  const { first, last, isLeaping } = useRowsInSight(box, row, rows);
  useReturn({ box, query, total, columns, row });
  useEffect(() => faces.see(first * columns, Math.min(total, last * columns)));
  return (
    <div
      ref={box}
      class="grid"
      role="list"
      aria-label="Faces"
      style={{ height: `${rows * row}px` }}
      onKeyDown={(event) => moveFocus(event, columns, row)}
    >
      {Array.from({ length: last - first }, (_, i) => {
        const from = (first + i) * columns;
        const length = Math.min(columns, total - from);
        const listed = Array.from({ length }, (_, column) => faces.at(from + column));
        const style = {
          top: `${(first + i) * row}px`,
          height: `${row - GAP}px`,
          gridTemplateColumns: `repeat(${columns}, 1fr)`,
        };
        return <Row key={from} faces={listed} {...{ from, total, query, style, isLeaping }} />;
      })}
    </div>
  );
}

/** How the grid's width is shared, as it changes. */
function useExtent(box: RefObject<HTMLElement>): Extent {
  const [extent, setExtent] = useState<Extent>({ columns: 1, row: 1 });
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setExtent(extentOf(box.current!.clientWidth)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return extent;
}

interface RowsInSight {
  /** The first row that is in sight, or nearly so. */
  readonly first: number;
  /** The one after the last. */
  readonly last: number;
  /** Whether rows go by so fast that nobody sees the faces in them: more than one a frame. */
  readonly isLeaping: boolean;
}

function useRowsInSight(box: RefObject<HTMLElement>, row: number, rows: number): RowsInSight {
  const [seen, setSeen] = useState<RowsInSight>({ first: 0, last: 0, isLeaping: false });
  useEffect(() => {
    let [before, timer] = [scrollY, 0];
    const look = () => {
      const top = -box.current!.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / row) - MARGIN);
      const last = Math.max(first, Math.min(rows, Math.ceil((top + innerHeight) / row) + MARGIN));
      const isLeaping = Math.abs(scrollY - before) > row;
      before = scrollY;
      clearTimeout(timer);
      if (isLeaping) timer = self.setTimeout(look, AT_REST);
      // Most steps of a scroll show the same rows, and draw nothing anew.
      setSeen((seen) =>
        seen.first === first && seen.last === last && seen.isLeaping === isLeaping
          ? seen
          : { first, last, isLeaping }
      );
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      clearTimeout(timer);
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [row, rows]);
  return seen;
}

function extentOf(width: number): Extent {
  const columns = Math.max(3, Math.floor((width + GAP) / (TILE + GAP)));
  const tile = (width - GAP * (columns - 1)) / columns;
  return { columns, row: Math.round(tile * ASPECT) + NAME + GAP };
}

/** Arrow keys go from tile to tile; the page scrolls where the next one is out of sight. */
function moveFocus(event: KeyboardEvent, columns: number, row: number): void {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
  };
  const step = steps[event.key];
  const at = (event.target as HTMLElement).dataset.place;
  if (step === undefined || at === undefined || event.altKey || event.ctrlKey) return;
  event.preventDefault();
  const find = () => document.querySelector<HTMLElement>(`[data-place="${Number(at) + step}"]`);
  if (Math.abs(step) > 1) scrollBy({ top: Math.sign(step) * row });
  // Where it has just come into the document, it is drawn with the next frame.
  const next = find();
  if (next) next.focus({ preventScroll: Math.abs(step) > 1 });
  else requestAnimationFrame(() => find()?.focus());
}
