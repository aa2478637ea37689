/// <reference lib="dom" />
/** The grid: only rows in sight are in the document, so that 202,599 faces scroll as ten do. */

import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Faces } from "./face_pages.ts";
import { useReturn } from "./return_place.ts";
import { Rows } from "./rows.tsx";

/** Least width of a tile in pixels, the space around it, and the height of its name. */
const [TILE, GAP, NAME] = [92, 8, 20];
/** Height of a tile by its width, as CelebA's aligned images have it. */
const ASPECT = 218 / 178;
/** Rows that come and go together: a screen has some seven. */
const BLOCK = 4;
/** Blocks above and below those in sight. */
const MARGIN = 1;

interface Extent {
  readonly columns: number;
  /** Height of a row with its gap, in pixels. */
  readonly row: number;
}

export function Grid({ faces, query }: { faces: Faces; query: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const total = faces.total ?? 0;
  const { columns, row } = useExtent(box);
  /** Faces of a block. */
  const size = columns * BLOCK;
  const [first, last] = useBlocksInSight(box, row * BLOCK, Math.ceil(total / size));
  useReturn({ box, query, total, columns, row });
  useEffect(() => faces.see(first * size, Math.min(total, last * size)));
  return (
    <div
      ref={box}
      class="grid"
      role="list"
      aria-label="Faces"
      style={{ height: `${Math.ceil(total / columns) * row}px` }}
      onKeyDown={(event) => moveFocus(event, columns, row)}
    >
      {Array.from({ length: last - first }, (_, i) => {
        const from = (first + i) * size;
        const length = Math.min(size, total - from);
        const listed = Array.from({ length }, (_, i) => faces.at(from + i));
        const rows = Math.ceil(length / columns);
        const style = {
          top: `${(first + i) * BLOCK * row}px`,
          gridTemplate: `repeat(${rows}, ${row - GAP}px) / repeat(${columns}, 1fr)`,
        };
        return <Rows key={from} faces={listed} {...{ from, total, query, style }} />;
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

/** The first block that is in sight, or nearly so, and the one after the last; `height` is that of one. */
function useBlocksInSight(
  box: RefObject<HTMLElement>,
  height: number,
  count: number,
): readonly [first: number, last: number] {
  const [seen, setSeen] = useState<readonly [number, number]>([0, 0]);
  useEffect(() => {
    const look = () => {
      const top = -box.current!.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(top / height) - MARGIN);
      const to = Math.min(count, Math.ceil((top + innerHeight) / height) + MARGIN);
      const next = [from, Math.max(from, to)] as const;
      // Most steps of a scroll show the same blocks, and draw nothing anew.
      setSeen((seen) => seen[0] === next[0] && seen[1] === next[1] ? seen : next);
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [height, count]);
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
