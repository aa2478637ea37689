/// <reference lib="dom" />
/** All runs: how far each is, what it measures, and a button to stop it. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatDuration } from "../../../numbers/text.ts";
import { measured, NOTHING, percent } from "../../../report/text.ts";
import type { RunState } from "../../wire.ts";
import { ask, send } from "../ask.ts";
import { useTitle } from "../focus.ts";
import { Plots } from "./plots.tsx";
import { SampleFaces } from "./sample_faces.tsx";

/** Milliseconds between two looks. */
const EVERY = 1000;

const COLUMNS = [
  ...["Run", "State", "Epochs", "Best", "Attribute loss", "Mask loss", "Balanced %"],
  ...["Localisation % (prior)", "Images/s", "Actions"],
];

export function Runs(): JSX.Element {
  useTitle("Runs");
  const [runs, setRuns] = useState<readonly RunState[] | null>(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    let timer = 0;
    const look = async () => {
      try {
        setRuns(await ask<RunState[]>("runs", { signal }));
        setFault("");
      } catch (error) {
        if (!signal.aborted) setFault((error as Error).message);
      }
      if (!signal.aborted) timer = self.setTimeout(look, EVERY);
    };
    look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  return (
    <>
      <h1>Runs</h1>
      {fault !== "" && <p class="note warning">{fault}</p>}
      {runs?.length === 0 && (
        <p class="note">No run has begun in the folders that are shown: name others by --run.</p>
      )}
      {runs !== null && runs.length > 0 && (
        <div class="wide" tabIndex={0} role="region" aria-label="Runs">
          <table class="numbers">
            <thead>
              <tr>
                {COLUMNS.map((name) => <th key={name} scope="col">{name}</th>)}
              </tr>
            </thead>
            <tbody>{runs.map((run) => <Row key={run.name} run={run} />)}</tbody>
          </table>
        </div>
      )}
      {runs !== null && <Plots runs={runs.filter(({ epochs }) => epochs > 0)} />}
      {runs !== null && <SampleFaces runs={runs.filter(({ bestEpoch }) => bestEpoch !== null)} />}
    </>
  );
}

function Row({ run }: { run: RunState }) {
  const { name, fault, last, bestEpoch } = run;
  if (fault !== null) {
    return (
      <tr>
        <th scope="row">{name}</th>
        <td colSpan={COLUMNS.length - 1}>{fault}</td>
      </tr>
    );
  }
  const losses = last?.validation ?? last?.train;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{stateText(run)}</td>
      <td>{run.epochs} of {run.ofEpochs}</td>
      <td>{bestEpoch === null ? NOTHING : bestEpoch + 1}</td>
      <td>{measured(losses?.attributeLoss ?? null)}</td>
      <td>{measured(losses?.maskLoss ?? null)}</td>
      <td>{percent(last?.validation?.balancedAccuracy ?? null)}</td>
      <td>
        {percent(last?.validation?.localisationIoU ?? null)}{" "}
        ({percent(last?.validation?.priorIoU ?? null)})
      </td>
      <td>{last?.imagesPerSecond?.toFixed(1) ?? NOTHING}</td>
      <td>
        <Action run={run} />
      </td>
    </tr>
  );
}

function stateText({ state, secondsLeft }: RunState): string {
  return secondsLeft === null ? state : `${state}, ${formatDuration(secondsLeft)} left`;
}

function Action({ run: { name, state, hasReport } }: { run: RunState }) {
  const [said, setSaid] = useState("");
  const path = `runs/${encodeURIComponent(name)}`;
  const stop = () =>
    send("POST", `${path}/stop`, {}).then(
      () => setSaid("asked to stop"),
      (error: Error) => setSaid(error.message),
    );
  if (state === "trains") {
    return said !== ""
      ? <span role="status">{said}</span>
      : (
        <button type="button" class="small" aria-label={`Stop ${name}`} onClick={stop}>Stop</button>
      );
  }
  return hasReport
    ? <a href={`api/${path}/report`} target="_blank" rel="noopener">Report</a>
    : null;
}
