/// <reference lib="dom" />
/** A face's picture with points that can be pulled; it can be enlarged and moved. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Extent } from "../../../../kernels/rasterize.ts";
import { pairs, type Spot } from "../spots.ts";
import { movePoint } from "./edit_history.ts";
import { POINT_GROUPS } from "./point_groups.ts";
import { pinched, type Sight, zoomAt } from "./sight.ts";

interface CanvasProps {
  readonly picture: string;
  readonly size: Extent;
  readonly points: readonly number[] | null;
  /** Spots that were clicked to place a face. */
  readonly anchors: readonly Spot[];
  /** Where Enter sets the next one; null while only a pointer is used. */
  readonly cross: Spot | null;
  /** Which point is chosen. */
  readonly chosen: number;
  /** Whether the picture is shown brighter than it is. */
  readonly isBright: boolean;
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
  const { picture, size, points, anchors, cross, chosen, sight, onSight, onChoose, onMove } = props;
  const svg = useRef<SVGSVGElement>(null);
  const pull = useRef<Pull | null>(null);
  /** Where the pointers are that are down, in pixels of the window, by their ids. */
  const pointers = useRef(new Map<number, Spot>());
  /** The points while one of them is being pulled. */
  const [pulled, setPulled] = useState<readonly number[] | null>(null);
  useWheel(svg, (spot, factor) => onSight(zoomAt(sight, spot, factor)));
  const shown = pulled ?? points;
  /** Ends a pull, and leaves the point where it was. */
  const letGo = () => {
    pull.current = null;
    setPulled(null);
  };
  const down = (event: PointerEvent) => {
    svg.current!.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
    // A second finger enlarges, and the first one has not meant to pull.
    if (pointers.current.size > 1) return letGo();
    const point = (event.target as Element).getAttribute("data-point");
    pull.current = point === null
      ? { start: spotOf(svg.current!, event), from: [event.clientX, event.clientY] }
      : { point: Number(point) };
    if (point !== null) onChoose(Number(point));
  };
  const move = (event: PointerEvent) => {
    const from = [...pointers.current.values()];
    if (from.length === 2) {
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      const [factor, [clientX, clientY]] = pinched(from, [...pointers.current.values()]);
      return onSight(zoomAt(sight, spotOf(svg.current!, { clientX, clientY }), factor));
    }
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
    pointers.current.delete(event.pointerId);
    if (now && "start" in now && !isFar(now.from, event)) props.onClick(now.start);
    if (now && pulled) onMove(pulled);
    letGo();
  };
  const cancel = ({ pointerId }: PointerEvent) => {
    pointers.current.delete(pointerId);
    letGo();
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
      onPointerCancel={cancel}
    >
      <image
        class={props.isBright ? "bright" : ""}
        href={picture}
        width={width}
        height={height}
      />
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
      {cross && (
        <path
          class="anchor"
          d={`M${cross} m${-4 * radius} 0 h${8 * radius} m${-4 * radius} ${-4 * radius} v${
            8 * radius
          }`}
        />
      )}
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
function spotOf(
  svg: SVGSVGElement,
  { clientX, clientY }: Pick<MouseEvent, "clientX" | "clientY">,
): Spot {
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
