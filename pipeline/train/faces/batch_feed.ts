/** The batches of an epoch in a random order, prepared ahead. */

import { type Batch, type BatchPlan, inBatches, loadBatch } from "../../face/batches.ts";
import type { Face, OnReject } from "../../face/faces.ts";
import { Random } from "../../numbers/random.ts";
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";

/** Where an epoch stands. */
type Position = Pick<CheckpointMetadata, "batch" | "random">;

interface FeedOptions {
  readonly plan: BatchPlan;
  /** Images a batch. */
  readonly batch: number;
  /** Hears of faces that cannot be read any more. */
  readonly reject: OnReject;
  /** How many faces are fetched at a time, one batch at least besides the one at hand. */
  readonly ahead: { readonly window: number };
}

/** A batch that is being prepared. */
interface Prepared {
  readonly batch: Promise<Batch>;
  /** The state of the random numbers before it was. */
  readonly changes: readonly number[];
}

/** Batches of an epoch from a position on. */
export class BatchFeed {
  readonly #batches: readonly (readonly Face[])[];
  readonly #options: FeedOptions;
  readonly #order: readonly number[];
  readonly #random: Random;
  /** Batches that are behind. */
  #taken: number;
  /** The batch at hand, and those after it that are being prepared. */
  readonly #prepared: Prepared[] = [];

  constructor(faces: readonly Face[], { batch, random }: Position, options: FeedOptions) {
    this.#options = options;
    this.#order = random.order;
    const drawn = Random.restore(random.order);
    this.#batches = [...inBatches(drawn.shuffle([...faces]), options.batch)];
    this.#random = batch === 0 ? drawn : Random.restore(random.changes);
    this.#taken = batch;
    this.#prepare();
  }

  /** The batch at hand, or null at the end. */
  get next(): Promise<Batch> | null {
    return this.#prepared[0]?.batch ?? null;
  }

  /** Whether there are no more. */
  get isOver(): boolean {
    return this.next === null;
  }

  /** Whether the batch at hand is the last one of a group of `size`, or of the epoch. */
  endsGroup(size: number): boolean {
    const taken = this.#taken + 1;
    return taken % size === 0 || taken === this.#batches.length;
  }

  /** Goes on to the next batch; those after it are read while the device works on the one that was at hand. */
  advance(): void {
    this.#taken++;
    this.#prepared.shift();
    this.#prepare();
  }

  /** Where a feed begins that goes on with the batch at hand. */
  get position(): Position {
    const changes = this.#prepared[0]?.changes ?? this.#random.state;
    return { batch: this.#taken, random: { order: this.#order, changes } };
  }

  /** Makes batches with their random changes. */
  #prepare(): void {
    const { plan, reject, batch, ahead } = this.#options;
    const wanted = 1 + Math.max(1, Math.ceil(ahead.window / batch));
    while (this.#prepared.length < wanted) {
      const faces = this.#batches[this.#taken + this.#prepared.length];
      if (!faces) return;
      const changes = this.#random.state;
      const prepared = loadBatch(faces, plan, this.#random, reject);
      // Whoever awaits it hears of a failure; a run that is stopped before that must not die of it.
      prepared.catch(() => {});
      this.#prepared.push({ batch: prepared, changes });
    }
  }
}
