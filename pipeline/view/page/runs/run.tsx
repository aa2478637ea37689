/// <reference lib="dom" />
/** One run: how far it is, how it was set up, what it measured, and what its networks say of a few faces. */

import type { JSX } from "preact";
import { measured, NOTHING, percent } from "../../../report/text.ts";
import type { About, RunDetail } from "../../wire.ts";
import { useTitle } from "../focus.ts";
import { CopyButton } from "../copy_button.tsx";
import { usePolled } from "../polled.ts";
import { Link } from "../route.tsx";
import { EpochTable } from "./epoch_table.tsx";
import { useLogs } from "./logs.ts";
import { Plots } from "./plots.tsx";
import { RunAction, stateText } from "./run_action.tsx";
import { SampleFaces } from "./sample_faces.tsx";

export function Run({ about, name }: { about: About; name: string }): JSX.Element {
  useTitle(name);
  const { value: run, fault } = usePolled<RunDetail>(`runs/${encodeURIComponent(name)}`);
  const logs = useLogs(run ? [run] : []);
  return (
    <>
      <nav class="neighbours" aria-label="Runs">
        <Link to={{ place: "runs", query: "" }}>All runs</Link>
      </nav>
      <h1>{name}</h1>
      {fault !== "" && <p class="note warning">{fault}</p>}
      {run && (
        <>
          <Progress run={run} />
          <Plots runs={[run]} logs={logs} />
          <EpochTable epochs={logs.get(name)?.epochs ?? []} bestEpoch={run.bestEpoch} />
          {/* Of another run in its folder nothing is known yet. */}
          <SampleFaces key={`${run.facts}`} {...{ about, run }} />
          <Setup run={run} />
        </>
      )}
    </>
  );
}

function Progress({ run }: { run: RunDetail }) {
  const { state, steps, ofSteps, epochs, ofEpochs, last, bestEpoch, imagesPerSecond, next } = run;
  const validation = last?.validation;
  // A network whose masks do not begin at the mean mask does not know it.
  const prior = validation?.priorIoU ?? null;
  const facts = [
    ["State", stateText(run)],
    ["Epochs", `${epochs} of ${ofEpochs}`],
    ["Steps", `${steps.toLocaleString("en")} of ${ofSteps.toLocaleString("en")}`],
    ["Best epoch", bestEpoch === null ? NOTHING : `${bestEpoch + 1}`],
    ["Images/s", imagesPerSecond?.toFixed(1) ?? NOTHING],
    ["Attribute loss", measured((validation ?? last?.train)?.attributeLoss ?? null)],
    ["Balanced accuracy", `${percent(validation?.balancedAccuracy ?? null)} %`, "by chance 50 %"],
    [
      "Localisation",
      `${percent(validation?.localisationIoU ?? null)} %`,
      prior === null ? "" : `mean mask ${percent(prior)} %`,
    ],
  ];
  return (
    <section aria-label="How far it is">
      <p class="progress">
        <progress max={ofSteps} value={state === "finished" ? ofSteps : steps} aria-label="Steps" />
        {" "}
        <RunAction run={run} />
      </p>
      <dl class="measures">
        {facts.map(([name, value, floor]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value} {floor && <small>{floor}</small>}
            </dd>
          </div>
        ))}
      </dl>
      {next && (
        <p class="next">
          <code>{next.command}</code> <CopyButton text={next.command} /> {next.does}.
        </p>
      )}
    </section>
  );
}

function Setup({ run: { facts, changed, folder, preset } }: { run: RunDetail }) {
  return (
    <section aria-labelledby="setup">
      <h2 id="setup">Set-up</h2>
      {changed.length === 0
        ? <p>All settings are those of the preset {preset}.</p>
        : (
          <div class="wide" tabIndex={0} role="region" aria-label="Settings that differ">
            <table class="numbers settings">
              <caption>Settings that the preset {preset} has otherwise</caption>
              <thead>
                <tr>
                  <th scope="col">Setting</th>
                  <th scope="col">Here</th>
                  <th scope="col">Preset</th>
                </tr>
              </thead>
              <tbody>
                {changed.map(({ name, value, preset }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{value}</td>
                    <td>{preset}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      <dl class="facts">
        {[["folder", folder] as const, ...facts].map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
