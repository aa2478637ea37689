/// <reference lib="dom" />
/** The logs of runs. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { RunLog, RunState } from "../../wire.ts";
import { ask } from "../ask.ts";

/** Logs by the names of their runs. */
export type Logs = ReadonlyMap<string, RunLog>;

/** Milliseconds between two looks at what steps measure; epochs are seen at once. */
const STEPS_EVERY = 3000;

/** The logs of runs by name, asked for anew when they have grown. */
export function useLogs(runs: readonly RunState[]): Logs {
  const [logs, setLogs] = useState<Logs>(new Map());
  const asked = useRef(new Map<string, { epochs: number; steps: number; when: number }>());
  useEffect(() => {
    for (const { name, epochs, steps } of runs) {
      const last = asked.current.get(name);
      const isOld = !last || performance.now() - last.when >= STEPS_EVERY;
      if (steps === 0 || epochs === last?.epochs && (steps === last.steps || !isOld)) continue;
      asked.current.set(name, { epochs, steps, when: performance.now() });
      ask<RunLog>(`runs/${encodeURIComponent(name)}/log`).then(
        (log) => setLogs((logs) => new Map(logs).set(name, log)),
        // It is asked for again with the next look.
        () => asked.current.delete(name),
      );
    }
  }, [runs]);
  return logs;
}
