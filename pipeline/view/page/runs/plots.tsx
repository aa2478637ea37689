/// <reference lib="dom" />
/** What runs measured, several in one figure. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { RunState } from "../../wire.ts";
import { type Axis, curveAlong, endOf, FIGURES, type Line } from "./curves.ts";
import type { Logs } from "./logs.ts";
import { Plot } from "./plot.tsx";

/** The report's colours for runs; more of them share colours. */
const COLOURS = 8;

const AXES: readonly (readonly [axis: Axis, title: string])[] = [
  ["epochs", "epochs"],
  ["steps", "steps"],
  ["seconds", "time of training"],
];

interface PlotsProps {
  readonly runs: readonly RunState[];
  readonly logs: Logs;
}

export function Plots({ runs, logs }: PlotsProps): JSX.Element | null {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [axis, setAxis] = useState<Axis>("epochs");
  const [isLog, setLog] = useState(false);
  /** Grows when all is to be seen again after somebody has looked closer. */
  const [whole, setWhole] = useState(0);
  const [isZoomed, setZoomed] = useState(false);
  const names = runs.filter(({ steps }) => steps > 0).map(({ name }) => name);
  const lines = useMemo(
    () => FIGURES.map((figure) => linesOf(figure, names, hidden, logs, axis)),
    [names.join("\n"), hidden, logs, axis],
  );
  const end = useMemo(() => endOf(lines.flat()), [lines]);
  if (names.length === 0) return null;
  const toggle = (name: string) =>
    setHidden(hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]);
  const showAll = () => {
    setWhole(whole + 1);
    setZoomed(false);
  };
  return (
    <section aria-labelledby="measures">
      <h2 id="measures">Measures</h2>
      <p class="chosen">
        <label>
          Along{" "}
          <select
            name="axis"
            value={axis}
            onChange={(event) => setAxis(event.currentTarget.value as Axis)}
          >
            {AXES.map(([axis, title]) => <option key={axis} value={axis}>{title}</option>)}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={isLog} onChange={() => setLog(!isLog)} />{" "}
          Losses by powers of ten
        </label>
        {isZoomed && <button type="button" class="small" onClick={showAll}>Show all</button>}
      </p>
      {names.length > 1 && (
        <p class="chosen" role="group" aria-label="Runs in the figures">
          {names.map((name) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={!hidden.includes(name)}
                onChange={() => toggle(name)}
              />{" "}
              {name}
            </label>
          ))}
        </p>
      )}
      <div class="plots">
        {FIGURES.map((figure, i) => (
          <Plot
            key={figure.title}
            {...{ figure, axis, whole, isLog: isLog && figure.isLoss, lines: lines[i]!, end }}
            onZoom={setZoomed}
          />
        ))}
      </div>
      <p class="hint for-mouse">
        Pull across a figure to look closer; a double click shows all again.
      </p>
    </section>
  );
}

function linesOf(
  { main, beside }: typeof FIGURES[number],
  names: readonly string[],
  hidden: readonly string[],
  logs: Logs,
  axis: Axis,
): Line[] {
  return names.flatMap((name, i) => {
    const log = logs.get(name);
    if (!log || hidden.includes(name)) return [];
    const curve = (of: typeof main) => curveAlong(axis, log, of(log));
    return [{ name, colour: `--series-${i % COLOURS}`, main: curve(main), beside: curve(beside) }];
  });
}
