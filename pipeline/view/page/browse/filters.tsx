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
    <Choice
      {...{ name, title, values, value: given.get(name) ?? "" }}
      onChange={(value) => set(name, value)}
    />
  );
  /** As many as are chosen, and room for one more. */
  const choices = (name: string, title: string) =>
    [...given.getAll(name), ""].map((value, i, all) => (
      <Choice
        key={`${name} ${i}`}
        {...{ name, value, values: ATTRIBUTES, title: i === 0 ? title : "and" }}
        onChange={(value) => {
          const next = new URLSearchParams(query);
          next.delete(name);
          for (const one of all.with(i, value)) if (one !== "") next.append(name, one);
          onChange(next.toString());
        }}
      />
    ));
  return (
    <search class={isOpen ? "filters open" : "filters"} aria-label="Filters">
      <Fold isOpen={isOpen} count={given.size} onToggle={() => setOpen(!isOpen)} />
      <NameFilter value={given.get("name") ?? ""} onInput={(value) => set("name", value)} />
      {about.isLabelled && choice("split", "Split", SPLITS)}
      {about.landmarks !== null &&
        choice("state", "Landmarks", ["found", "rejected", "waiting", "changed"])}
      {about.isLabelled && choices("with", "With")}
      {about.isLabelled && choices("without", "Without")}
      {about.landmarks !== null && choice("region", "Region missing", ["one", ...REGIONS])}
      {about.landmarks !== null && about.isLabelled && choice("mask", "Masks", ["empty"])}
      {about.correctedLabels !== null && choice("labels", "Labels", ["changed"])}
      {about.isLabelled && <Order query={given} onChange={onChange} />}
      {query !== "" && <button type="button" onClick={() => onChange("")}>Clear</button>}
    </search>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly title: string;
  readonly values: readonly string[];
  /** Empty where any will do. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({ name, title, values, value, onChange }: ChoiceProps) {
  return (
    <label>
      {title}
      <select name={name} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">any</option>
        {values.map((value) => (
          <option key={value} value={value}>{WORDS[value] ?? spaced(value)}</option>
        ))}
      </select>
    </label>
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
