/**
 * How many faces come to a stage, how many go on, and why the others do not. Whatever joins or filters faces
 * counts them here, so that no part of a data set is lost without a word.
 */

import { count, fields, list, text } from "../files/json_shape.ts";
import type { FaceRecord } from "./record.ts";

/** Faces that a stage leaves out for one reason. */
export interface LeftOut {
  /** Why, as far as they have it in common. */
  readonly reason: string;
  /** How many they are. */
  readonly faces: number;
  /** Names of the first ones. */
  readonly first: readonly string[];
}

/** What a stage makes of the faces that come to it. */
export interface FaceCount {
  /** What joins or filters: `labels`, `splits`, `landmarks`, `segments`, `training`, `evaluation`. */
  readonly stage: string;
  /** Faces that came. */
  readonly faces: number;
  /** Faces that go on. */
  readonly used: number;
  /** The others by reason, the most frequent first. */
  readonly leftOut: readonly LeftOut[];
}

/** The shape of a {@linkcode FaceCount} in a file. */
export const FACE_COUNT = fields({
  ...{ stage: text, faces: count, used: count },
  leftOut: list(fields({ reason: text, faces: count, first: list(text) })),
});

/** Names that are kept of each reason. */
const FIRST = 3;

/** Reasons that are told apart; those of another program's records might all differ. */
const MOST_REASONS = 20;

/** Counts the faces of one stage. */
export class FaceCounter {
  readonly #stage: string;
  readonly #leftOut = new Map<string, { faces: number; first: string[] }>();
  #faces = 0;
  #lost = 0;

  constructor(stage: string) {
    this.#stage = stage;
  }

  /** A face comes, or several do. */
  come(faces = 1): void {
    this.#faces += faces;
  }

  /**
   * One of those that came does not go on.
   *
   * @param reason Counted by what stands before its first colon: what follows is of this face alone.
   */
  leave(image: string, reason: string): void {
    const kind = kindOf(reason);
    const isKnown = this.#leftOut.has(kind) || this.#leftOut.size < MOST_REASONS;
    const key = isKnown ? kind : "other reasons";
    const group = this.#leftOut.get(key) ?? { faces: 0, first: [] };
    this.#leftOut.set(key, group);
    if (++group.faces <= FIRST) group.first.push(image);
    this.#lost++;
  }

  /** What has been counted. */
  get count(): FaceCount {
    return {
      stage: this.#stage,
      faces: this.#faces,
      used: this.#faces - this.#lost,
      leftOut: Array.from(this.#leftOut, ([reason, { faces, first }]) => ({
        ...{ reason, faces, first: [...first] },
      })).sort((a, b) => b.faces - a.faces),
    };
  }
}

/** Counts records: those that are rejected do not go on. */
export function countRecords(stage: string, records: Iterable<FaceRecord>): FaceCount {
  const counter = new FaceCounter(stage);
  for (const { image, rejected } of records) {
    counter.come();
    if (rejected !== null) counter.leave(image, rejected);
  }
  return counter.count;
}

/** What many faces have in common: `not an image: the file is empty` → `not an image`. */
function kindOf(reason: string): string {
  return reason.split(/: |, to /, 1)[0]!;
}

/** Share of the faces that do not go on. */
export function lostShare({ faces, used }: FaceCount): number {
  return faces === 0 ? 0 : (faces - used) / faces;
}

/** `training: 174 of 408 faces; left out: 234, no landmarks in half.csv (000200.jpg, 000201.jpg, …)` */
export function countText(count: FaceCount): string {
  const { stage, faces, used } = count;
  if (used === faces) return `${stage}: all ${faces} faces`;
  return `${stage}: ${used} of ${faces} faces; left out: ${leftOutText(count)}`;
}

/** `234, no landmarks in half.csv (000200.jpg, …); 1, the image is missing (000007.jpg)` */
export function leftOutText({ leftOut }: FaceCount): string {
  return leftOut.map((group) => `${group.faces}, ${group.reason} (${namesText(group)})`).join("; ");
}

/** The names of the first faces, and whether there are more. */
export function namesText({ faces, first }: LeftOut): string {
  return [...first, ...faces > first.length ? ["…"] : []].join(", ");
}
