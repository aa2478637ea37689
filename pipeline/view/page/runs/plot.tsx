/// <reference lib="dom" />
/** A figure of lines over epochs. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

/** A run in a figure. */
export interface Line {
  readonly name: string;
  /** A variable of the style. */
  readonly colour: string;
  /** Counted from 0. */
  readonly epochs: readonly number[];
  readonly values: readonly (number | null)[];
  /** Drawn in dashes. */
  readonly others: readonly (number | null)[];
  /** The last value in words. */
  readonly last: string;
}

interface PlotProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly says: (value: number) => string;
}

const HEIGHT = 220;

export function Plot({ title, lines, says }: PlotProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const isDark = useDark();
  useEffect(() => {
    const plot = draw(box.current!, lines, says);
    const watch = new ResizeObserver(() =>
      plot.setSize({ width: box.current!.clientWidth, height: HEIGHT })
    );
    watch.observe(box.current!);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [JSON.stringify(lines), isDark]);
  return (
    <figure>
      <figcaption>
        {title}
        {lines.map(({ name, colour, last }) => (
          <span key={name}>
            {" "}
            <span style={{ color: `var(${colour})` }} aria-hidden="true">■</span> {name}: {last}
          </span>
        ))}
      </figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  );
}

function draw(box: HTMLElement, lines: readonly Line[], says: (value: number) => string): uPlot {
  const tables = lines.map(({ epochs, values, others }): uPlot.AlignedData => [
    epochs.map((epoch) => epoch + 1),
    [...values],
    [...others],
  ]);
  const axis = { stroke: inked(box, "--muted"), grid: { stroke: inked(box, "--grid"), width: 1 } };
  return new uPlot(
    {
      ...{ width: box.clientWidth, height: HEIGHT, legend: { show: false } },
      cursor: { show: false },
      scales: { x: { time: false } },
      axes: [
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100] },
        { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => says(tick)) },
      ],
      series: [
        {},
        ...lines.flatMap(({ colour }) => {
          const stroke = inked(box, colour);
          return [{ stroke, width: 2 }, {
            stroke,
            width: 1,
            dash: [5, 4],
            points: { show: false },
          }];
        }),
      ],
    },
    tables.length > 0 ? uPlot.join(tables) : [[]],
    box,
  );
}

/** A canvas knows no variables of the style: the colour that one stands for now. */
function inked(box: HTMLElement, variable: string): string {
  box.style.color = `var(${variable})`;
  return getComputedStyle(box).color;
}

function useDark(): boolean {
  const [query] = useState(() => matchMedia("(prefers-color-scheme: dark)"));
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const follow = () => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return isDark;
}
