/** The batches of an epoch in a random order, one prepared ahead. */

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
}

/** Batches of an epoch from a position on. */
export class BatchFeed {
  readonly #batches: readonly (readonly Face[])[];
  readonly #options: FeedOptions;
  readonly #order: readonly number[];
  readonly #random: Random;
  /** Batches that are behind. */
  #taken: number;
  /** The next batch, and the state of the random numbers before it was prepared. */
  #next: Promise<Batch> | null = null;
  #changes: readonly number[] = [];

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
    return this.#next;
  }

  /** Whether there are no more. */
  get isOver(): boolean {
    return this.#next === null;
  }

  /** Whether the batch at hand is the last one of a group of `size`, or of the epoch. */
  endsGroup(size: number): boolean {
    const taken = this.#taken + 1;
    return taken % size === 0 || taken === this.#batches.length;
  }

  /** Goes on to the next batch, which is read while the device works on the one that was at hand. */
  advance(): void {
    this.#taken++;
    this.#prepare();
  }

  /** Where a feed begins that goes on with the batch at hand. */
  get position(): Position {
    return { batch: this.#taken, random: { order: this.#order, changes: this.#changes } };
  }

  /** Makes a batch with its random changes. */
  #prepare(): void {
    this.#changes = this.#random.state;
    const faces = this.#batches[this.#taken];
    const { plan, reject } = this.#options;
    this.#next = faces ? loadBatch(faces, plan, this.#random, reject) : null;
    // Whoever awaits it hears of a failure; a run that is stopped before that must not die of it.
    this.#next?.catch(() => {});
  }
}
