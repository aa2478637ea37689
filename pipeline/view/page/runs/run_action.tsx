/// <reference lib="dom" />
/** How a run stands, and what can be done about it. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatDuration } from "../../../numbers/text.ts";
import type { RunState } from "../../wire.ts";
import { send } from "../ask.ts";

/** Such as `trains, 2 min 05 s left`. */
export function stateText({ state, secondsLeft }: RunState): string {
  return secondsLeft === null ? state : `${state}, ${formatDuration(secondsLeft)} left`;
}

/** A button that stops a run, or a link to its report. */
export function RunAction(
  { run: { name, state, hasReport } }: { run: RunState },
): JSX.Element | null {
  const [said, setSaid] = useState("");
  // It may go on, and be stopped again.
  useEffect(() => setSaid(""), [state]);
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
