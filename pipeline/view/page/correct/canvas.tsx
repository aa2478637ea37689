/// <reference lib="dom" />
/** A face's picture with points that can be pulled; it can be enlarged and moved. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Extent } from "../../../../kernels/rasterize.ts";
import { pairs } from "../face/drawing.tsx";
import { movePoint } from "./edit_history.ts";
import type { Spot } from "./fit_shape.ts";
import { POINT_GROUPS } from "./point_groups.ts";

/** The part of the picture that is in sight, in its pixels. */
export interface Sight {
  readonly x: number;
  readonly y: number;
  /** How much larger than the whole picture it is shown. */
  readonly zoom: number;
}

export const WHOLE: Sight = { x: 0, y: 0, zoom: 1 };
const MOST_ZOOM = 12;

/** Enlarges about a spot, which stays where it is. */
export function zoomAt({ x, y, zoom }: Sight, [atX, atY]: Spot, factor: number): Sight {
  const next = Math.min(MOST_ZOOM, Math.max(1, zoom * factor));
  if (next === 1) return WHOLE;
  const share = zoom / next;
  return { x: atX - (atX - x) * share, y: atY - (atY - y) * share, zoom: next };
}

interface CanvasProps {
  readonly picture: string;
  readonly size: Extent;
  readonly points: readonly number[] | null;
  /** Spots that were clicked to place a face. */
  readonly anchors: readonly Spot[];
  /** Which point is chosen. */
  readonly chosen: number;
  readonly sight: Sight;
  readonly onSight: (sight: Sight) => void;
  readonly onChoose: (point: number) => void;
  /** A point has been pulled to its place. */
  readonly onMove: (points: readonly number[]) => void;
  /** A place without a point has been clicked. */
  readonly onClick: (spot: Spot) => void;
}

/** What a pointer does that is down. */
type Pull = { readonly point: number } | { readonly start: Spot; readonly from: Spot };

export function Canvas(props: CanvasProps): JSX.Element {
  const { picture, size, points, anchors, chosen, sight, onSight, onChoose, onMove } = props;
  const svg = useRef<SVGSVGElement>(null);
  const pull = useRef<Pull | null>(null);
  /** The points while one of them is being pulled. */
  const [pulled, setPulled] = useState<readonly number[] | null>(null);
  useWheel(svg, (spot, factor) => onSight(zoomAt(sight, spot, factor)));
  const shown = pulled ?? points;
  const down = (event: PointerEvent) => {
    const spot = spotOf(svg.current!, event);
    const point = (event.target as Element).getAttribute("data-point");
    svg.current!.setPointerCapture(event.pointerId);
    pull.current = point === null
      ? { start: spot, from: [event.clientX, event.clientY] }
      : { point: Number(point) };
    if (point !== null) onChoose(Number(point));
  };
  const move = (event: PointerEvent) => {
    const now = pull.current;
    if (!now) return;
    const [x, y] = spotOf(svg.current!, event);
    if ("point" in now) setPulled(movePoint(points!, now.point, [x, y]));
    else if (sight.zoom > 1 && isFar(now.from, event)) {
      onSight({ ...sight, x: sight.x + now.start[0] - x, y: sight.y + now.start[1] - y });
    }
  };
  const up = (event: PointerEvent) => {
    const now = pull.current;
    pull.current = null;
    if (now && "start" in now && !isFar(now.from, event)) props.onClick(now.start);
    if (pulled) onMove(pulled);
    setPulled(null);
  };
  const radius = size.height / 130 / sight.zoom ** 0.75;
  const { width, height } = size;
  return (
    <svg
      ref={svg}
      class="canvas"
      viewBox={`${sight.x} ${sight.y} ${width / sight.zoom} ${height / sight.zoom}`}
      role="img"
      aria-label="The face with its points"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
    >
      <image href={picture} width={width} height={height} />
      {shown && <Outlines points={shown} />}
      {shown && pairs(shown).map(([x, y], point) => (
        <circle
          key={point}
          data-point={point}
          class={point === chosen ? "dot chosen" : "dot"}
          cx={x}
          cy={y}
          r={point === chosen ? 1.5 * radius : radius}
        />
      ))}
      {anchors.map(([x, y], index) => (
        <circle key={`a${index}`} class="anchor" cx={x} cy={y} r={1.5 * radius} />
      ))}
    </svg>
  );
}

/** Lines between the points of each part of the face. */
function Outlines({ points }: { points: readonly number[] }) {
  return (
    <>
      {POINT_GROUPS.map(({ name, from, to, isClosed }) => {
        const line = points.slice(2 * from, 2 * to).join(" ");
        return isClosed
          ? <polygon key={name} class="outline" points={line} />
          : <polyline key={name} class="outline" points={line} />;
      })}
    </>
  );
}

/** Where a pointer is, in pixels of the picture. */
function spotOf(svg: SVGSVGElement, { clientX, clientY }: MouseEvent): Spot {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM()!.inverse());
  return [x, y];
}

/** Whether a pointer has moved so far that it is no click. */
function isFar([x, y]: Spot, { clientX, clientY }: MouseEvent): boolean {
  return Math.hypot(clientX - x, clientY - y) > 4;
}

/** The wheel enlarges; the page must not scroll meanwhile. */
function useWheel(
  svg: { readonly current: SVGSVGElement | null },
  onZoom: (spot: Spot, factor: number) => void,
): void {
  useEffect(() => {
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      onZoom(spotOf(svg.current!, event), 1.0015 ** -event.deltaY);
    };
    const element = svg.current!;
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  });
}
