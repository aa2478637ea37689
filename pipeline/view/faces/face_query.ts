/** Which faces are shown, and in what order, as the page's address says it. */

import { attributeColumn, hasAttribute } from "../../face/attributes.ts";
import { REGIONS } from "../../face/regions.ts";
import { SPLITS } from "../../face/record.ts";
import { quoted } from "../../files/quoted.ts";
import type { FaceScores } from "./face_scores.ts";
import type { FaceTable } from "./face_table.ts";
import type { RegionIndex } from "./region_index.ts";

/** What is known of the faces. */
export interface FaceSources {
  readonly table: FaceTable;
  readonly regions: RegionIndex;
  readonly scores: FaceScores;
}

/** Faces that a query chooses, in their order. */
export interface Chosen {
  /** i32 [chosen] */
  readonly ids: Int32Array;
  /** f32 [faces]: what they are ordered by; null where it is their place in the data set. */
  readonly scores: Float32Array | null;
}

/** Whether a face is shown. */
type Test = (id: number) => boolean;

/** Makes the test for a value of one parameter. @throws {RangeError} If there is no such value. */
type MakeTest = (sources: FaceSources, value: string) => Test | Promise<Test>;

const TESTS: Readonly<Record<string, MakeTest>> = {
  name: ({ table }, value) => {
    const part = value.toLowerCase();
    return (id) => table.name(id).toLowerCase().includes(part);
  },
  split: ({ table }, value) => {
    const split = SPLITS.find((name) => name === value);
    if (split === undefined) throw unknown("split", value);
    return (id) => table.split(id) === split;
  },
  state: ({ table }, value) => {
    if (value === "changed") return (id) => table.isChanged(id);
    if (value === "waiting") {
      return (id) => table.state(id) === "rejected" && !table.isChanged(id);
    }
    if (value !== "found" && value !== "rejected") throw unknown("state", value);
    return (id) => table.state(id) === value;
  },
  reason: ({ table }, value) => (id) => table.outcome(id)?.reason === value,
  region: async ({ regions, table }, value) => {
    const region = REGIONS.findIndex((name) => name === value);
    if (region < 0 && value !== "one") throw unknown("region", value);
    await regions.prepare();
    const wanted = region < 0 ? ALL_REGIONS : 1 << region;
    return (id) => table.state(id) === "found" && (regions.of(id) & wanted) !== wanted;
  },
  mask: async ({ regions }, value) => {
    if (value !== "empty") throw unknown("mask", value);
    await regions.prepare();
    return (id) => regions.hasEmptyMask(id);
  },
  labels: ({ table }, value) => {
    if (value !== "changed") throw unknown("labels", value);
    return (id) => table.labelRevision(id) > 0;
  },
  with: ({ table }, value) => labelled(table, value, true),
  without: ({ table }, value) => labelled(table, value, false),
};

const ALL_REGIONS = 2 ** REGIONS.length - 1;

/** Parameters that order the faces. */
const ORDERING = ["sort", "run"];
/** Parameters that say which stretch of them is asked for. */
const STRETCH = ["from", "count"];

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
  readonly #sources: FaceSources;
  readonly #kept = new Map<string, Promise<Chosen>>();

  constructor(sources: FaceSources) {
    this.#sources = sources;
  }

  /**
   * The faces that pass all parameters; each may come several times. `sort` and `run` order them, and leave out
   * those of which the run says nothing.
   *
   * @throws {RangeError} If there is no such parameter or value.
   */
  choose(query: URLSearchParams): Promise<Chosen> {
    const key = keyOf(query, this.#sources.table.version);
    const chosen = this.#kept.get(key) ?? this.#select(query);
    // The last used one is the last to go.
    this.#kept.delete(key);
    this.#kept.set(key, chosen);
    // What failed may succeed once the run is evaluated.
    chosen.catch(() => this.#kept.delete(key));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT) this.#kept.delete(oldest!);
    return chosen;
  }

  async #select(query: URLSearchParams): Promise<Chosen> {
    const tests: Test[] = [];
    for (const [name, value] of query) {
      if (value === "" || [...ORDERING, ...STRETCH].includes(name)) continue;
      const make = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
      if (!make) throw unknown("filter", name);
      tests.push(await make(this.#sources, value));
    }
    const order = query.get("sort") ?? "";
    const scores = order === ""
      ? null
      : await this.#sources.scores.of(query.get("run") ?? "", order);
    if (scores) tests.push((id) => !Number.isNaN(scores[id]));
    const ids = select(this.#sources.table.size, tests);
    if (scores) ids.sort((a, b) => scores[b]! - scores[a]!);
    return { ids, scores };
  }
}

function select(size: number, tests: readonly Test[]): Int32Array {
  const chosen = new Int32Array(size);
  let count = 0;
  for (let id = 0; id < size; id++) {
    if (tests.every((test) => test(id))) chosen[count++] = id;
  }
  return chosen.slice(0, count);
}

function keyOf(query: URLSearchParams, version: number): string {
  const filters = [...query].filter(([name]) => !STRETCH.includes(name));
  return JSON.stringify([version, filters]);
}
