/** What the journal of corrections says, laid over what the landmarks file says. */

import {
  areSame,
  type Corrections,
  type Outcome,
} from "../../landmarks/corrections/corrections.ts";
import type { FaceTable } from "../faces/face_table.ts";

/** The corrections that a table shows, and what the files lack of them. */
export class Overlay {
  readonly #table: FaceTable;
  readonly #corrections: Corrections;
  /** How many changes of an image the table has been told of. */
  readonly #shown = new Map<string, number>();
  /** What was written into the files since the table has read them. */
  readonly #written = new Map<string, Outcome>();

  constructor(table: FaceTable, corrections: Corrections) {
    this.#table = table;
    this.#corrections = corrections;
  }

  /** Tells the table what it has not been told. */
  show(): void {
    for (const image of this.#corrections.images) {
      const revision = this.#corrections.revision(image);
      const id = this.#table.idOf(image);
      if (id < 0 || this.#shown.get(image) === revision) continue;
      this.#shown.set(image, revision);
      const byHand = this.#corrections.byHand(image);
      const outcome = byHand ?? this.#putBack(image);
      this.#table.change(id, { outcome, isByHand: byHand !== null, revision });
    }
  }

  /** The table has read the files anew. */
  renew(): void {
    this.#written.clear();
    this.#shown.clear();
    this.show();
  }

  /** What the files are to say and do not. */
  lacking(): Map<string, Outcome> {
    const lacking = new Map<string, Outcome>();
    for (const image of this.#corrections.images) {
      const outcome = this.#corrections.byHand(image) ?? this.#putBack(image);
      const told = this.#told(image);
      if (outcome && told && !areSame(outcome, told)) lacking.set(image, outcome);
    }
    return lacking;
  }

  /** The files say this now, and are not read again for it. */
  written(outcomes: ReadonlyMap<string, Outcome>): void {
    for (const [image, outcome] of outcomes) this.#written.set(image, outcome);
  }

  /** What counts again of a face whose correction was taken back and still stands in the files; else null. */
  #putBack(image: string): Outcome | null {
    const gone = this.#corrections.takenBack(image);
    const told = this.#told(image);
    return gone && told && areSame(gone, told) ? this.#corrections.last(image)!.outcome : null;
  }

  /** What the files say. */
  #told(image: string): Outcome | null {
    return this.#written.get(image) ?? this.#table.landmarks?.of(image) ?? null;
  }
}
