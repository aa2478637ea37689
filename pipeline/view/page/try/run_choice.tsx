/// <reference lib="dom" />
/** Which runs' networks are asked. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { About } from "../../wire.ts";
import { ask } from "../ask.ts";

/** Names of the runs that can be asked; null until they are known. */
export function useRunNames(): readonly string[] | null {
  const [names, setNames] = useState<readonly string[] | null>(null);
  useEffect(() => {
    // Asked anew in every place, for runs begin. How far they are takes longer to say than their names.
    ask<About>("about").then(({ runs }) => setNames(runs), () => setNames([]));
  }, []);
  return names;
}

interface RunChoiceProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly value: string;
  /** What none of them is called; left out, one must be chosen. */
  readonly none?: string;
  readonly onChoose: (name: string) => void;
}

export function RunChoice({ label, names, value, none, onChoose }: RunChoiceProps): JSX.Element {
  return (
    <label class="choice">
      {label}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {names.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
    </label>
  );
}
