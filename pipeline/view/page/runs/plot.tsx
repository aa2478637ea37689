/// <reference lib="dom" />
/** A figure of lines; those of one page show the same stretch and the same place. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { formatDuration } from "../../../numbers/text.ts";
import type { Axis, Curve, Figure, Line } from "./curves.ts";
import { inked, useDark } from "./ink.ts";

interface PlotProps {
  readonly figure: Figure;
  readonly lines: readonly Line[];
  readonly axis: Axis;
  /** Where the axis ends: it begins at 0, and is the same for all figures. */
  readonly end: number;
  /** Whether values are shown by powers of ten. */
  readonly isLog: boolean;
  /** All is shown again when it changes. */
  readonly whole: number;
  /** Hears whether a part is looked at. */
  readonly onZoom: (isZoomed: boolean) => void;
}

const HEIGHT = 220;

/** Steps between marks of time, in seconds. */
const DURATIONS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18000, 36000, 86400];
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];

/** Where the pointer is: the place along the axis, and the nearest point of each series behind the first. */
interface Pointed {
  readonly x: number;
  readonly points: readonly (number | null | undefined)[];
}

export function Plot({ figure, lines, axis, end, isLog, whole, onZoom }: PlotProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const reach = useRef(end);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const isDark = useDark();
  const shape = JSON.stringify(lines.map(({ name, colour }) => [name, colour]));
  useEffect(() => {
    reach.current = end;
    const drawn = draw(box.current!, { figure, lines, axis, isLog }, {
      ...{ onPoint: setPointed, onZoom, endOf: () => reach.current },
    });
    plot.current = drawn;
    const watch = new ResizeObserver(() =>
      drawn.setSize({ width: box.current!.clientWidth, height: HEIGHT })
    );
    watch.observe(box.current!);
    return () => {
      watch.disconnect();
      drawn.destroy();
      setPointed(null);
    };
  }, [shape, isDark, axis, isLog, whole]);
  useEffect(() => {
    const isWhole = !isZoomed(plot.current!, reach.current);
    reach.current = end;
    plot.current!.setData(tableOf(lines, isLog), isWhole);
  }, [lines, end]);
  const valueOf = ({ y }: Curve, series: number) => {
    const point = pointed?.points[series];
    return point === null || point === undefined ? y.at(-1) ?? null : point;
  };
  return (
    <figure>
      <figcaption>
        {figure.title}
        {pointed && <span class="at">at {placeText(axis, pointed.x)}</span>}
        {lines.map(({ name, colour, main, beside }, i) => (
          <span key={name}>
            <span style={{ color: `var(${colour})` }} aria-hidden="true">■</span> {name}:{" "}
            <b>{figure.says(valueOf(main, 2 * i))}</b>
            {beside.y.length > 0 &&
              ` · ${figure.besideName} ${figure.says(valueOf(beside, 2 * i + 1))}`}
          </span>
        ))}
      </figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  );
}

/** Such as `30 min` or `1 h 30 min`. */
function timeText(seconds: number): string {
  return formatDuration(seconds).replace(/ 00 (s|min)$/, "");
}

function placeText(axis: Axis, x: number): string {
  if (axis === "seconds") return formatDuration(Math.max(0, x));
  if (axis === "steps") return `step ${Math.round(x).toLocaleString("en")}`;
  return `${x.toFixed(2)} epochs`;
}

/** Whether less than all is shown. */
function isZoomed({ scales: { x } }: uPlot, end: number): boolean {
  return x!.min! > 0 || x!.max! < end;
}

interface Watcher {
  readonly onPoint: (pointed: Pointed | null) => void;
  readonly onZoom: PlotProps["onZoom"];
  readonly endOf: () => number;
}

function draw(
  box: HTMLElement,
  { figure, lines, axis, isLog }: Pick<PlotProps, "figure" | "lines" | "axis" | "isLog">,
  { onPoint, onZoom, endOf }: Watcher,
): uPlot {
  const ink = { stroke: inked(box, "--muted"), grid: { stroke: inked(box, "--grid"), width: 1 } };
  const tickText = (tick: number | null) =>
    tick === null ? "" : figure.isFloor ? figure.says(tick) : `${Number(tick.toPrecision(3))}`;
  const incrs = axis === "seconds" ? DURATIONS : COUNTS;
  const along = axis === "seconds"
    ? {
      values: (_: uPlot, ticks: number[]) => ticks.map(timeText),
      space: 80,
    }
    : {};
  // Asked for all as for a part; all is where this figure's own numbers begin and end.
  const range = ({ data: [x] }: uPlot, min: number, max: number): [number, number] =>
    x.length < 2 || min === x[0] && max === x.at(-1) ? [0, endOf() || 1] : [min, max];
  return new uPlot(
    {
      ...{ width: box.clientWidth, height: HEIGHT, legend: { show: false } },
      padding: [null, 40, null, null],
      cursor: {
        y: false,
        // All that the lines of several runs have at a place is seldom at the very same one.
        dataIdx: (plot, series, at) => nearest(plot.data[series]!, at),
        sync: { key: "runs" },
      },
      scales: { x: { time: false, range }, y: isLog ? { distr: 3 } : {} },
      axes: [
        { ...ink, incrs, ...along },
        { ...ink, size: 64, values: (_, ticks) => ticks.map(tickText) },
      ],
      series: [
        {},
        ...lines.flatMap(({ colour, main }) => {
          const stroke = inked(box, colour);
          const points = { show: figure.isByEpoch && main.y.length < 60 };
          return [{ stroke, width: 2, points }, {
            ...{ stroke, width: 1, points: { show: false } },
            ...figure.isFloor ? { dash: [5, 4] } : { alpha: 0.55 },
          }];
        }),
      ],
      hooks: {
        setCursor: [(plot) => onPoint(pointedIn(plot))],
        setScale: [(plot, key) => key === "x" && onZoom(isZoomed(plot, endOf()))],
      },
    },
    tableOf(lines, isLog),
    box,
  );
}

/** All lines on one axis. */
function tableOf(lines: readonly Line[], isLog: boolean): uPlot.AlignedData {
  // There is no place for nothing and less among powers of ten.
  const shown = (value: number | null) => isLog && value !== null && value <= 0 ? null : value;
  const tables = lines.flatMap(({ main, beside }) =>
    [main, beside].map(({ x, y }): uPlot.AlignedData => [[...x], y.map(shown)])
  );
  return tables.length > 0 ? uPlot.join(tables) : [[]];
}

function pointedIn({ cursor: { left, idxs }, posToVal, data }: uPlot): Pointed | null {
  if (left === undefined || left < 0 || !idxs) return null;
  const points = idxs.slice(1).map((at, i) => at === null ? null : data[i + 1]?.[at!]);
  return { x: posToVal(left, "x"), points };
}

/** The place of the number that is nearest to a place; that place itself where there is none. */
function nearest(values: ArrayLike<number | null | undefined>, at: number): number {
  const isNumber = (place: number) => typeof values[place] === "number";
  for (let away = 0; away < values.length; away++) {
    if (isNumber(at - away)) return at - away;
    if (isNumber(at + away)) return at + away;
  }
  return at;
}
