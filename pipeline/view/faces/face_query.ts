/** Which faces are shown, and in what order, as the page's address says it. */

import { attributeColumn, hasAttribute } from "../../face/attributes.ts";
import { SPLITS } from "../../face/record.ts";
import { quoted } from "../../files/quoted.ts";
import type { FaceTable } from "./face_table.ts";

/** Whether a face is shown. */
type Test = (id: number) => boolean;

/** Makes the test for a value of one parameter. @throws {RangeError} If there is no such value. */
type MakeTest = (table: FaceTable, value: string) => Test;

const TESTS: Readonly<Record<string, MakeTest>> = {
  name: (table, value) => {
    const part = value.toLowerCase();
    return (id) => table.name(id).toLowerCase().includes(part);
  },
  split: (table, value) => {
    const split = SPLITS.find((name) => name === value);
    if (split === undefined) throw unknown("split", value);
    return (id) => table.split(id) === split;
  },
  state: (table, value) => {
    if (value === "changed") return (id) => table.isChanged(id);
    if (value !== "found" && value !== "rejected") throw unknown("state", value);
    return (id) => table.state(id) === value;
  },
  reason: (table, value) => (id) => table.outcome(id)?.reason === value,
  with: (table, value) => labelled(table, value, true),
  without: (table, value) => labelled(table, value, false),
};

/** Parameters that choose no faces. */
const OTHERS = ["from", "count"];

function labelled(table: FaceTable, value: string, isPresent: boolean): Test {
  const column = attributeColumn(value);
  if (column === undefined) throw unknown("attribute", value);
  return (id) => {
    const labels = table.labels(id);
    return labels !== null && hasAttribute(labels, column) === isPresent;
  };
}

function unknown(what: string, value: string): RangeError {
  return new RangeError(`There is no ${what} ${quoted(value)}.`);
}

/** How many choices are kept: of a few pages that scroll. */
const KEPT = 8;

/** Chooses faces; remembers what it has chosen until a face changes. */
export class FaceQueries {
  readonly #table: FaceTable;
  readonly #kept = new Map<string, Int32Array>();

  constructor(table: FaceTable) {
    this.#table = table;
  }

  /**
   * i32 [faces]: ids of the faces that pass all parameters, in their order; each may come several times.
   *
   * @throws {RangeError} If there is no such parameter or value.
   */
  choose(query: URLSearchParams): Int32Array {
    const key = keyOf(query, this.#table.version);
    const kept = this.#kept.get(key);
    // The last used one is the last to go.
    this.#kept.delete(key);
    const chosen = kept ?? this.#select(query);
    this.#kept.set(key, chosen);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT) this.#kept.delete(oldest!);
    return chosen;
  }

  #select(query: URLSearchParams): Int32Array {
    const tests: Test[] = [];
    for (const [name, value] of query) {
      if (value === "" || OTHERS.includes(name)) continue;
      const make = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
      if (!make) throw unknown("filter", name);
      tests.push(make(this.#table, value));
    }
    const chosen = new Int32Array(this.#table.size);
    let count = 0;
    for (let id = 0; id < chosen.length; id++) {
      if (tests.every((test) => test(id))) chosen[count++] = id;
    }
    return chosen.slice(0, count);
  }
}

function keyOf(query: URLSearchParams, version: number): string {
  const filters = [...query].filter(([name]) => !OTHERS.includes(name));
  return JSON.stringify([version, filters]);
}
