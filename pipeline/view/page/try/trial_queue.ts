/// <reference lib="dom" />
/** Photographs on their way to networks, one after the other. */

import type { Tried } from "../../wire.ts";
import { ask } from "../ask.ts";

/** A photograph and what has become of it. */
export interface Photo {
  /** Tells it from others. */
  readonly key: number;
  readonly file: File;
  /** What the networks say; null until they have. */
  readonly tried: Tried | null;
  /** Why they say nothing; empty if they do, or have not been asked yet. */
  readonly fault: string;
}

/** How photographs are looked at. */
export interface TrialChoice {
  /** Names of the runs. */
  readonly runs: readonly string[];
  /** Whether all faces of a photograph are wanted. */
  readonly all: boolean;
}

/** Most photographs at a time: each answer has some 200 KB. */
const MOST = 500;

/** The address behind `/api/` that asks networks. */
export function tryPath({ runs, all }: TrialChoice): string {
  const query = new URLSearchParams(runs.map((run) => ["run", run]));
  if (all) query.set("all", "1");
  return `try?${query}`;
}

/** What the network of a run says of faces of the data set: the one after an epoch (from 0), or the best one. */
export function askOfFaces(
  run: string,
  ids: readonly number[],
  { epoch = null, signal }: { readonly epoch?: number | null; readonly signal: AbortSignal },
): Promise<Tried> {
  const faces = ids.map((id) => `&face=${id}`).join("");
  const after = epoch === null ? "" : `&epoch=${epoch}`;
  const path = tryPath({ runs: [run], all: false }) + faces + after;
  return ask<Tried>(path, { method: "POST", signal });
}

/** Sends photographs, and tells a listener of every change. */
export class TrialQueue {
  #photos: readonly Photo[] = [];
  #choice: TrialChoice = { runs: [], all: false };
  #listener = () => {};
  /** What ends the work under way; null if there is none. */
  #stop: AbortController | null = null;
  #next = 0;
  #leftOut = 0;

  /** In the order in which they came. */
  get photos(): readonly Photo[] {
    return this.#photos;
  }

  /** How many of those that came last were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  get choice(): TrialChoice {
    return this.#choice;
  }

  /** The photograph that is looked at; undefined if none is. */
  get current(): Photo | undefined {
    return this.#stop ? this.#photos.find(isOpen) : undefined;
  }

  /** Calls `listener` after every change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listener = listener;
    return () => this.#listener = () => {};
  }

  /** Takes photographs, as many as there is room for. */
  add(files: readonly File[]): void {
    const taken = files.slice(0, MOST - this.#photos.length);
    this.#leftOut = files.length - taken.length;
    const added = taken.map((file) => untried(file, this.#next++));
    this.#set([...this.#photos, ...added]);
    this.#work();
  }

  /** Asks other networks, or for other faces: all photographs are looked at again. */
  choose(choice: TrialChoice): void {
    if (tryPath(choice) === tryPath(this.#choice)) return;
    this.#stop?.abort();
    [this.#choice, this.#stop] = [choice, null];
    this.#set(this.#photos.map(({ file, key }) => untried(file, key)));
    this.#work();
  }

  /** Ends the work; what has not been looked at goes. */
  cancel(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#set(this.#photos.filter((photo) => !isOpen(photo)));
  }

  clear(): void {
    this.cancel();
    this.#leftOut = 0;
    this.#set([]);
  }

  async #work(): Promise<void> {
    if (this.#stop || this.#choice.runs.length === 0) return;
    const { signal } = this.#stop = new AbortController();
    const path = tryPath(this.#choice);
    for (let photo = this.current; photo && !signal.aborted; photo = this.current) {
      const { key, file: body } = photo;
      const answer = await ask<Tried>(path, { method: "POST", body, signal }).then(
        (tried) => ({ tried }),
        (error: Error) => ({ fault: error.message }),
      );
      if (signal.aborted) return;
      this.#set(this.#photos.map((other) => other.key === key ? { ...other, ...answer } : other));
    }
    this.#stop = null;
    this.#listener();
  }

  #set(photos: readonly Photo[]): void {
    this.#photos = photos;
    this.#listener();
  }
}

function untried(file: File, key: number): Photo {
  return { key, file, tried: null, fault: "" };
}

/** Whether it waits to be looked at. */
function isOpen({ tried, fault }: Photo): boolean {
  return tried === null && fault === "";
}
