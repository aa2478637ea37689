/// <reference lib="dom" />
/** Some rows of the grid; the pictures of their faces come in one request. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ListedFace } from "../../wire.ts";
import { addressOf } from "../route.tsx";

interface RowsProps {
  /** Undefined where they are not known yet. */
  readonly faces: readonly (ListedFace | undefined)[];
  /** Place of the first one. */
  readonly from: number;
  /** Faces of the grid. */
  readonly total: number;
  readonly query: string;
  readonly style: Readonly<Record<string, string>>;
}

export function Rows({ faces, from, total, query, style }: RowsProps): JSX.Element {
  const pictures = usePictures(faces);
  // The grid is drawn with all rows that come into sight: those that are there stay as they are.
  return useMemo(() => (
    <div class="rows" role="presentation" style={style}>
      {faces.map((face, i) => (
        <Tile
          key={i}
          face={face}
          picture={pictures[i]}
          place={from + i}
          {...{ total, query }}
        />
      ))}
    </div>
  ), [...faces, pictures, total, query, ...Object.values(style)]);
}

const NONE: readonly string[] = [];

/** Addresses of the faces' pictures, as far as they have come; empty where there is none. */
function usePictures(faces: RowsProps["faces"]): readonly string[] {
  const [come, setCome] = useState({ ids: "", pictures: NONE });
  const ids = faces.includes(undefined) ? "" : faces.map((face) => face!.id).join();
  useEffect(() => {
    if (ids === "") return;
    const stop = new AbortController();
    // Where the server is gone, the page says so elsewhere.
    fetchTiles(ids, (pictures) => setCome({ ids, pictures }), stop.signal).catch(() => {});
    return () => stop.abort();
  }, [ids]);
  return come.ids === ids ? come.pictures : NONE;
}

/** Tells of the pictures that have come, at every part of the answer. */
async function fetchTiles(
  ids: string,
  onCome: (pictures: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const { ok, body } = await fetch(`api/faces/tiles?ids=${ids}`, { signal });
  if (!ok) return;
  const reader = body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    onCome(text.split("\n").slice(0, -1));
  }
}

interface TileProps {
  readonly face: ListedFace | undefined;
  readonly picture: string | undefined;
  readonly place: number;
  readonly total: number;
  readonly query: string;
}

function Tile({ face, picture, place, total, query }: TileProps) {
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
        <img src={picture || undefined} alt="" decoding="async" draggable={false} />
        <span>{score === undefined ? image : `${shown(score)} · ${image}`}</span>
      </a>
    </div>
  );
}

/** Losses have two decimals, counts none. */
function shown(score: number): string {
  return Number.isInteger(score) ? `${score}` : score.toFixed(2);
}
