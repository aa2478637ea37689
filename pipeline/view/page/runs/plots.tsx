/// <reference lib="dom" />
/** What runs measured, epoch by epoch, several in one figure. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { measured, percent } from "../../../report/text.ts";
import type { RunLog, RunState } from "../../wire.ts";
import { ask } from "../ask.ts";
import { type Line, Plot } from "./plot.tsx";

/** The report's colours for runs; more of them share colours. */
const COLOURS = 8;

type Epoch = RunLog["epochs"][number];

/** A figure; `beside` is drawn in dashes. */
interface Measure {
  readonly title: string;
  readonly of: (epoch: Epoch) => number | null | undefined;
  readonly beside: (epoch: Epoch) => number | null | undefined;
  readonly says: (value: number | null) => string;
}

const MEASURES: readonly Measure[] = [
  {
    title: "Attribute loss in validation (dashed: in training)",
    of: ({ validation }) => validation?.attributeLoss,
    beside: ({ train }) => train.attributeLoss,
    says: measured,
  },
  {
    title: "Mask loss in validation (dashed: in training)",
    of: ({ validation }) => validation?.maskLoss,
    beside: ({ train }) => train.maskLoss,
    says: measured,
  },
  {
    title: "Balanced accuracy, % (dashed: by chance)",
    of: ({ validation }) => validation?.balancedAccuracy,
    beside: () => 0.5,
    says: percent,
  },
  {
    title: "Localisation, % (dashed: of the mean mask)",
    of: ({ validation }) => validation?.localisationIoU,
    beside: ({ validation }) => validation?.priorIoU,
    says: percent,
  },
];

export function Plots({ runs }: { runs: readonly RunState[] }): JSX.Element | null {
  const logs = useLogs(runs);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  if (runs.length === 0) return null;
  const toggle = (name: string) =>
    setHidden(hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]);
  return (
    <>
      <h2>Measures by epoch</h2>
      {runs.length > 1 && (
        <p class="chosen" role="group" aria-label="Runs in the figures">
          {runs.map(({ name }) => (
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
        {MEASURES.map(({ title, of, beside, says }) => {
          const lines = runs.flatMap(({ name }, i): Line[] => {
            const epochs = logs.get(name)?.epochs ?? [];
            if (hidden.includes(name) || epochs.length === 0) return [];
            const values = epochs.map((epoch) => of(epoch) ?? null);
            const colour = `--series-${i % COLOURS}`;
            const last = says(values.at(-1) ?? null);
            const others = epochs.map((epoch) => beside(epoch) ?? null);
            return [{
              name,
              colour,
              epochs: epochs.map(({ epoch }) => epoch),
              values,
              others,
              last,
            }];
          });
          return <Plot key={title} {...{ title, lines, says }} />;
        })}
      </div>
    </>
  );
}

/** The logs of runs by name, asked for anew when an epoch has ended. */
function useLogs(runs: readonly RunState[]): ReadonlyMap<string, RunLog> {
  const [logs, setLogs] = useState<ReadonlyMap<string, RunLog>>(new Map());
  useEffect(() => {
    let isGone = false;
    const asked = runs.map(async ({ name }) =>
      [name, await ask<RunLog>(`runs/${encodeURIComponent(name)}/log`)] as const
    );
    Promise.all(asked).then((logs) => isGone || setLogs(new Map(logs)), () => {});
    return () => void (isGone = true);
  }, [JSON.stringify(runs.map(({ name, epochs }) => [name, epochs]))]);
  return logs;
}
