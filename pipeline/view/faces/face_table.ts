/** The faces that are looked at, by their place in the data set. */

import { SPLITS } from "../../face/record.ts";
import type { FaceRecord, Split } from "../../face/record.ts";
import type { Outcome } from "../../landmarks/corrections/corrections.ts";
import type { FaceState } from "../wire.ts";
import { FileLandmarks } from "./file_landmarks.ts";

/** Stands for a face without a split, or without labels. */
const NONE = 255;

/** What a person has said of a face. */
export interface FaceChange {
  /** What counts; null if what the landmarks file says does. */
  readonly outcome: Outcome | null;
  /** Whether that is a person's word. */
  readonly isByHand: boolean;
  /** How often the face was changed. */
  readonly revision: number;
}

/**
 * All faces, held compactly: 202,599 take some 60 MB and their points 115 MB. A face's id is its place in the
 * order of the records.
 */
export class FaceTable {
  readonly #names: string[] = [];
  readonly #paths: string[] = [];
  readonly #labels: (number | null)[] = [];
  readonly #splits: number[] = [];
  /** Why a face takes no part, whatever its landmarks. */
  readonly #faults = new Map<number, string>();
  #ids: Map<string, number> | null = null;
  #landmarks: FileLandmarks | null = null;
  /** What replaces the landmarks file's word. */
  readonly #changed = new Map<number, FaceChange>();
  /** How often labels were changed, of those that were. */
  readonly #relabelled = new Map<number, number>();
  #version = 0;

  /** Takes all records. */
  static async from(records: AsyncIterable<FaceRecord>): Promise<FaceTable> {
    const table = new FaceTable();
    for await (const record of records) table.#add(record);
    return table;
  }

  #add({ image, path, labels, split, rejected }: FaceRecord): void {
    if (rejected !== null) this.#faults.set(this.size, rejected);
    this.#names.push(image);
    this.#paths.push(path);
    this.#labels.push(labels);
    this.#splits.push(split === null ? NONE : SPLITS.indexOf(split));
  }

  /**
   * Reads a landmarks file, in place of one that was read before.
   *
   * @throws {SyntaxError} As of `readLandmarks`.
   */
  async readLandmarks(path: string, signal?: AbortSignal): Promise<void> {
    this.#landmarks = await FileLandmarks.read(path, this.#names, signal);
    this.#version++;
  }

  /** What the landmarks file said when it was read; null if it has not been. */
  get landmarks(): FileLandmarks | null {
    return this.#landmarks;
  }

  /** How many faces there are. */
  get size(): number {
    return this.#names.length;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  has(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.size;
  }

  /** The face of this name, or -1. */
  idOf(name: string): number {
    this.#ids ??= new Map(this.#names.map((name, id) => [name, id]));
    return this.#ids.get(name) ?? -1;
  }

  /** What is known of the face but for its landmarks; null if there is none of this id. */
  record(id: number): FaceRecord | null {
    if (!this.has(id)) return null;
    const nothing = { size: null, box: null, points: null, rejected: null };
    const known = { path: this.path(id), split: this.split(id), labels: this.labels(id) };
    return { image: this.name(id), ...known, ...nothing };
  }

  name(id: number): string {
    return this.#names[id]!;
  }

  path(id: number): string {
    return this.#paths[id]!;
  }

  /** 40 label bits, or null. */
  labels(id: number): number | null {
    return this.#labels[id]!;
  }

  /** Whether faces have labels. */
  get isLabelled(): boolean {
    return this.size > 0 && this.labels(0) !== null;
  }

  /** How often the labels were changed by hand. */
  labelRevision(id: number): number {
    return this.#relabelled.get(id) ?? 0;
  }

  /** Replaces the labels. */
  relabel(id: number, labels: number, revision: number): void {
    this.#labels[id] = labels;
    this.#relabelled.set(id, revision);
    this.#version++;
  }

  split(id: number): Split | null {
    return SPLITS[this.#splits[id]!] ?? null;
  }

  /** Why its picture may not be looked at, such as a link that leads out of the data set; null if it may. */
  fault(id: number): string | null {
    return this.#faults.get(id) ?? null;
  }

  /** What is known of the face's landmarks; null if nothing is. */
  outcome(id: number): Outcome | null {
    const changed = this.#changed.get(id)?.outcome;
    if (changed) return changed;
    const fault = this.#faults.get(id);
    if (fault !== undefined) return { points: null, reason: fault };
    return this.#landmarks?.of(this.name(id)) ?? null;
  }

  state(id: number): FaceState {
    const changed = this.#changed.get(id)?.outcome;
    if (changed) return changed.points ? "found" : "rejected";
    if (this.#faults.has(id)) return "rejected";
    if (this.#landmarks === null) return null;
    return this.#landmarks.has(id) ? "found" : "rejected";
  }

  /** Whether a person's word counts. */
  isChanged(id: number): boolean {
    return this.#changed.get(id)?.isByHand ?? false;
  }

  /** Whether something else counts than what the landmarks file said. */
  isReplaced(id: number): boolean {
    return (this.#changed.get(id)?.outcome ?? null) !== null;
  }

  /** How often a person has changed the face. */
  revision(id: number): number {
    return this.#changed.get(id)?.revision ?? 0;
  }

  change(id: number, change: FaceChange): void {
    this.#changed.set(id, change);
    this.#version++;
  }
}
