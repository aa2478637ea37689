/// <reference lib="dom" />
/** The grid: only rows in sight are in the document, so that 202,599 faces scroll as ten do. */

import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ListedFace } from "../../wire.ts";
import { addressOf } from "../route.tsx";
import type { Faces } from "./face_pages.ts";
import { useReturn } from "./return_place.ts";

/** Least width of a tile in pixels, the space around it, and the height of its name. */
const [TILE, GAP, NAME] = [92, 8, 20];
/** Height of a tile by its width, as CelebA's aligned images have it. */
const ASPECT = 218 / 178;
/** Rows above and below those in sight. */
const MARGIN = 3;

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
  const [first, last] = useRowsInSight(box, row, rows);
  useReturn({ box, query, total, columns, row });
  const [from, to] = [first * columns, Math.min(total, last * columns)];
  useEffect(() => faces.see(from, to));
  const places = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  return (
    <div
      ref={box}
      class="grid"
      role="list"
      aria-label="Faces"
      style={{ height: `${rows * row}px` }}
      onKeyDown={(event) => moveFocus(event, columns, row)}
    >
      <div
        class="rows"
        role="presentation"
        style={{
          transform: `translateY(${first * row}px)`,
          gridTemplateColumns: `repeat(${columns}, 1fr)`,
        }}
      >
        {places.map((place) => (
          <Tile key={place} face={faces.at(place)} {...{ place, total, query }} />
        ))}
      </div>
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

/** The first row that is in sight, or nearly so, and the one after the last. */
function useRowsInSight(
  box: RefObject<HTMLElement>,
  row: number,
  rows: number,
): readonly [first: number, last: number] {
  const [seen, setSeen] = useState<readonly [number, number]>([0, 0]);
  useEffect(() => {
    const look = () => {
      const top = -box.current!.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(top / row) - MARGIN);
      const to = Math.min(rows, Math.ceil((top + innerHeight) / row) + MARGIN);
      const next = [from, Math.max(from, to)] as const;
      // Most steps of a scroll show the same rows, and draw nothing anew.
      setSeen((seen) => seen[0] === next[0] && seen[1] === next[1] ? seen : next);
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
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

interface TileProps {
  readonly face: ListedFace | undefined;
  readonly place: number;
  readonly total: number;
  readonly query: string;
}

function Tile({ face, place, total, query }: TileProps) {
  const position = { "aria-setsize": total, "aria-posinset": place + 1 };
  if (!face) return <div class="tile" role="listitem" {...position} />;
  const { id, image, state, score } = face;
  const said = [
    image,
    ...state === "rejected" ? ["rejected"] : [],
    ...score === undefined ? [] : [`score ${score}`],
  ].join(", ");
  return (
    <div class="tile" role="listitem" {...position}>
      <a
        href={addressOf({ place: "face", id, query })}
        class={state ?? ""}
        data-place={place}
        aria-label={said}
      >
        <img src={`api/faces/${id}/tile`} alt="" decoding="async" draggable={false} />
        <span>{score === undefined ? image : `${shown(score)} · ${image}`}</span>
      </a>
    </div>
  );
}

/** Losses have two decimals, counts none. */
function shown(score: number): string {
  return Number.isInteger(score) ? `${score}` : score.toFixed(2);
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
