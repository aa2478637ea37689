/**
 * What people have corrected in a landmarks file: `faces.csv` → `faces.corrections.ndjson`, a line a change.
 *
 * ```json
 * {"schema":"attparsenet/corrections@1","image":"000001.jpg","points":[12.34,…],"reason":null,
 *  "before":{"points":null,"reason":"no face found"},"at":"2026-11-30T08:00:00.000Z"}
 * ```
 *
 * The journal outlives the landmarks file: a new search does not undo what a person has said. A line with
 * `"takenBack":true` has what the search had said, which counts until the next search.
 */

import { ChangeJournal } from "../../files/changes/change_journal.ts";
import {
  fields,
  list,
  nullable,
  number,
  optional,
  type Shape,
  text,
} from "../../files/json_shape.ts";
import type { FaceRecord } from "../../face/record.ts";
import { roundPoints } from "../../face/record_json.ts";
import { imageNameFault } from "../../image/image_name.ts";
import { besideLandmarks } from "../files/landmark_endings.ts";

/** What is known of a face's landmarks. */
export type Outcome =
  /** f32 [136] in pixels of the image, in steps of 1/100. */
  | { readonly points: Float32Array; readonly reason: null }
  /** It has none. */
  | { readonly points: null; readonly reason: string };

/** A change of one face. */
export interface Correction {
  readonly image: string;
  readonly outcome: Outcome;
  /** Whether it takes back what was corrected. */
  readonly isTakenBack: boolean;
  /** What the file said before; null where that was a correction, too. */
  readonly before: Outcome | null;
}

/** Why a face has no points that a person has looked at. */
export const NO_FACE = "no face (by hand)";

/** Why it has none where nobody has looked for them: it is in neither file. */
export const NOT_YET = "no landmarks yet";

/** Where the corrections of a landmarks file are kept. */
export function correctionsPath(out: string): string {
  return besideLandmarks(out, ".corrections.ndjson");
}

const OUTCOME = { points: nullable(list(number, 136)), reason: nullable(text) };
const LINE: Shape = fields({
  ...{ image: text, ...OUTCOME },
  takenBack: optional((value) => value === true ? null : " is not true"),
  before: optional(fields(OUTCOME)),
});

/** The change as its line has it. */
interface Line {
  readonly image: string;
  readonly points: readonly number[] | null;
  readonly reason: string | null;
  readonly takenBack?: true;
  readonly before?: Pick<Line, "points" | "reason">;
}

/** The corrections of one landmarks file. */
export class Corrections {
  readonly #journal: ChangeJournal<Line>;

  /** Those of the landmarks file `out`; {@linkcode Corrections.read} reads them. */
  constructor(out: string) {
    this.#journal = new ChangeJournal(correctionsPath(out), lineOf);
  }

  /** Grows with every change. */
  get version(): number {
    return this.#journal.version;
  }

  /** Names of all images that were ever corrected. */
  get images(): Iterable<string> {
    return this.#journal.images;
  }

  /**
   * Reads what has been corrected since the last call.
   *
   * @returns Names of the images that have changed.
   * @throws {SyntaxError} With `path:line`, if a line is no correction.
   */
  read(): Promise<Set<string>> {
    return this.#journal.read();
  }

  /** How many changes an image has had. */
  revision(image: string): number {
    return this.#journal.of(image).length;
  }

  /** The last change of an image, or null. */
  last(image: string): Correction | null {
    const line = this.#journal.of(image).at(-1);
    return line ? correctionOf(line) : null;
  }

  /** What a person says of the image; null if nothing, or what they said was taken back. */
  byHand(image: string): Outcome | null {
    const last = this.last(image);
    return last && !last.isTakenBack ? last.outcome : null;
  }

  /** The same of all images that people have said something of. */
  allByHand(): Map<string, Outcome> {
    const all = Array.from(this.images, (image) => [image, this.byHand(image)] as const);
    return new Map(all.filter((one): one is [string, Outcome] => one[1] !== null));
  }

  /** What a change that was taken back had said, which may still stand in the file. */
  takenBack(image: string): Outcome | null {
    const lines = this.#journal.of(image);
    return lines.at(-1)?.takenBack && lines.length > 1 ? outcomeOf(lines.at(-2)!) : null;
  }

  /**
   * Keeps a correction; it is on the disk when this ends.
   *
   * @param revision As of {@linkcode Corrections.revision}, where the correction was made.
   * @param before What is known of the face without it.
   * @throws {Conflict} If the image has been corrected since.
   */
  correct(image: string, revision: number, outcome: Outcome, before: Outcome): Promise<void> {
    return this.#journal.add(image, revision, () => ({
      ...{ image, ...jsonOf(outcome) },
      ...(this.byHand(image) === null && { before: jsonOf(before) }),
    }));
  }

  /** Takes back what was corrected; the same errors. */
  takeBack(image: string, revision: number): Promise<void> {
    return this.#journal.add(image, revision, () => {
      const before = this.#journal.of(image).findLast(({ before }) => before)?.before;
      if (!before) throw new RangeError(`${image} has no correction to take back.`);
      return { image, ...before, takenBack: true };
    });
  }

  /** The record as people have corrected it, or as it is. */
  applyTo(record: FaceRecord): FaceRecord {
    const outcome = this.byHand(record.image);
    if (outcome === null) return record;
    return { ...record, points: outcome.points, rejected: outcome.reason };
  }
}

function lineOf(value: Record<string, unknown>, where: string): Line {
  const misfit = LINE(value);
  if (misfit !== null) throw new SyntaxError(`${where}: the correction's${misfit}`);
  const { image, points, reason, takenBack, before } = value as unknown as Line;
  const fault = imageNameFault(image);
  if (fault !== null) throw new SyntaxError(`${where}: the image's name ${fault}`);
  return { image, points, reason, ...(takenBack && { takenBack }), ...(before && { before }) };
}

function correctionOf({ image, takenBack, before, ...line }: Line): Correction {
  return {
    ...{ image, outcome: outcomeOf(line), isTakenBack: takenBack === true },
    before: before ? outcomeOf(before) : null,
  };
}

function outcomeOf({ points, reason }: Pick<Line, "points" | "reason">): Outcome {
  if (points) return { points: Float32Array.from(points), reason: null };
  return { points: null, reason: reason ?? NO_FACE };
}

function jsonOf({ points, reason }: Outcome): Pick<Line, "points" | "reason"> {
  // Rounded again, for f32 does not have hundredths.
  return { points: points && Array.from(points, (value) => Math.round(value * 100) / 100), reason };
}

/** Whether two outcomes are the same in a file. */
export function areSame(a: Outcome, b: Outcome): boolean {
  if (a.points === null || b.points === null) return a.points === b.points && a.reason === b.reason;
  const rounded = roundPoints(b.points);
  return roundPoints(a.points).every((value, at) => value === rounded[at]);
}
