/// <reference lib="dom" />
/** All runs: how far each is, and what they measured. */

import type { JSX } from "preact";
import { measured, NOTHING, percent } from "../../../report/text.ts";
import type { RunState } from "../../wire.ts";
import { useTitle } from "../focus.ts";
import { usePolled } from "../polled.ts";
import { Link } from "../route.tsx";
import { useLogs } from "./logs.ts";
import { Plots } from "./plots.tsx";
import { RunAction, stateText } from "./run_action.tsx";

const COLUMNS = [
  ...["Run", "State", "Epochs", "Best", "Attribute loss", "Mask loss", "Balanced %"],
  ...["Localisation % (mean mask)", "Images/s", "Actions"],
];

export function Runs(): JSX.Element {
  useTitle("Runs");
  const { value: runs, fault } = usePolled<RunState[]>("runs");
  const logs = useLogs(runs ?? []);
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
      {runs !== null && <Plots runs={runs} logs={logs} />}
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
      <th scope="row">
        <Link to={{ place: "run", name, query: "" }}>{name}</Link>
      </th>
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
      <td>{run.imagesPerSecond?.toFixed(1) ?? NOTHING}</td>
      <td>
        <RunAction run={run} />
      </td>
    </tr>
  );
}
