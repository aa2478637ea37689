/// <reference lib="dom" />
/** Which faces are shown: filters as the page's address has them. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ATTRIBUTES } from "../../../face/attributes.ts";
import { SPLITS } from "../../../face/record.ts";
import { REGIONS } from "../../../face/regions.ts";
import { spaced } from "../../../report/text.ts";
import type { About } from "../../wire.ts";
import { Order } from "./order.tsx";

/** What values are called where their name does not say it. */
const WORDS: Readonly<Record<string, string>> = {
  changed: "corrected",
  empty: "a label has none",
  one: "any of them",
  waiting: "rejected, not looked at",
};

interface FiltersProps {
  readonly about: About;
  readonly query: string;
  readonly onChange: (query: string) => void;
}

export function Filters({ about, query, onChange }: FiltersProps): JSX.Element {
  const given = new URLSearchParams(query);
  /** On a narrow screen they are folded away at first. */
  const [isOpen, setOpen] = useState(false);
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(query);
    if (value === "") next.delete(name);
    else next.set(name, value);
    onChange(next.toString());
  };
  const choice = (name: string, title: string, values: readonly string[]) => (
    <label>
      {title}
      <select
        name={name}
        value={given.get(name) ?? ""}
        onChange={(event) => set(name, event.currentTarget.value)}
      >
        <option value="">any</option>
        {values.map((value) => (
          <option key={value} value={value}>{WORDS[value] ?? spaced(value)}</option>
        ))}
      </select>
    </label>
  );
  return (
    <search class={isOpen ? "filters open" : "filters"} aria-label="Filters">
      <Fold isOpen={isOpen} count={given.size} onToggle={() => setOpen(!isOpen)} />
      <NameFilter value={given.get("name") ?? ""} onInput={(value) => set("name", value)} />
      {about.isLabelled && choice("split", "Split", SPLITS)}
      {about.landmarks !== null &&
        choice("state", "Landmarks", ["found", "rejected", "waiting", "changed"])}
      {about.isLabelled && choice("with", "With", ATTRIBUTES)}
      {about.isLabelled && choice("without", "Without", ATTRIBUTES)}
      {about.landmarks !== null && choice("region", "Region missing", ["one", ...REGIONS])}
      {about.landmarks !== null && about.isLabelled && choice("mask", "Masks", ["empty"])}
      {about.correctedLabels !== null && choice("labels", "Labels", ["changed"])}
      {about.isLabelled && <Order query={given} onChange={onChange} />}
      {query !== "" && <button type="button" onClick={() => onChange("")}>Clear</button>}
    </search>
  );
}

interface FoldProps {
  readonly isOpen: boolean;
  /** Filters that are set. */
  readonly count: number;
  readonly onToggle: () => void;
}

/** What opens the filters on a narrow screen. */
function Fold({ isOpen, count, onToggle }: FoldProps) {
  return (
    <button type="button" class="fold" aria-expanded={isOpen} onClick={onToggle}>
      Filters{count > 0 && ` (${count})`}
    </button>
  );
}

function NameFilter({ value, onInput }: { value: string; onInput: (value: string) => void }) {
  return (
    <label>
      Name
      <input
        type="search"
        name="name"
        value={value}
        placeholder="part of it"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
