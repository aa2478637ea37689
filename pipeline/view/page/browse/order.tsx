/// <reference lib="dom" />
/** The order of the faces: as they lie, or those first about which a run is most wrong. */

import type { JSX } from "preact";
import { ATTRIBUTES } from "../../../face/attributes.ts";
import { spaced } from "../../../report/text.ts";
import { useRunNames } from "../try/run_choice.tsx";

interface OrderProps {
  readonly query: URLSearchParams;
  readonly onChange: (query: string) => void;
}

export function Order({ query, onChange }: OrderProps): JSX.Element | null {
  const names = useRunNames();
  if (!names || names.length === 0) return null;
  const run = query.get("run") ?? names[0]!;
  const choose = (sort: string, run: string) => {
    const next = new URLSearchParams(query);
    for (const name of ["sort", "run"]) next.delete(name);
    if (sort !== "") {
      next.set("sort", sort);
      next.set("run", run);
    }
    onChange(next.toString());
  };
  const sort = query.get("sort") ?? "";
  return (
    <>
      <label>
        Order
        <select
          name="sort"
          value={sort}
          onChange={(event) => choose(event.currentTarget.value, run)}
        >
          <option value="">as in the data set</option>
          <option value="loss">greatest loss first</option>
          <option value="wrong">most wrong answers first</option>
          {ATTRIBUTES.map((name) => (
            <option key={name} value={name}>most wrong about {spaced(name)}</option>
          ))}
        </select>
      </label>
      {sort !== "" && names.length > 1 && (
        <label>
          by
          <select
            name="run"
            value={run}
            onChange={(event) => choose(sort, event.currentTarget.value)}
          >
            {names.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      )}
    </>
  );
}
