/**
 * The checkpoints of a run: the last one, the one before it, and those of the best epochs.
 *
 * `last.safetensors` is replaced by renaming, after it has become `previous.safetensors`; so one of the two
 * is whole at any moment. `epoch-4.safetensors` is the one after the fourth epoch.
 *
 * @module
 */

import { join } from "node:path";
import { exists, FileWriter, systemReason, UNFINISHED, writeFile } from "../files.ts";
import { SchemaError } from "../schema.ts";
import { type Checkpoint, encodeCheckpoint, readCheckpoint } from "./checkpoint.ts";

const LAST = "last.safetensors";
const PREVIOUS = "previous.safetensors";

/** The folder `RUN/checkpoints`. */
export class CheckpointFolder {
  readonly #folder: string;

  constructor(run: string) {
    this.#folder = join(run, "checkpoints");
  }

  /**
   * Writes the last checkpoint.
   *
   * @param copyFor The epoch (from 0) for which it is kept as well.
   * @throws {Error} If that fails, as on a full disk: those that were there are whole.
   */
  async write(checkpoint: Checkpoint, copyFor: number | null): Promise<void> {
    const bytes = await encodeCheckpoint(checkpoint);
    try {
      // First, so that a run which is killed now takes that epoch again, and writes the same once more.
      if (copyFor !== null) await writeFile(this.#path(nameOf(copyFor)), bytes);
      await using file = await FileWriter.open(this.#path(LAST));
      await file.write(bytes);
      await file.sync();
      if (await exists(this.#path(LAST))) await Deno.rename(this.#path(LAST), this.#path(PREVIOUS));
      await file.commit();
      await syncFolder(this.#folder);
    } catch (cause) {
      const sentence = `Cannot write a checkpoint to ${this.#folder}: ${systemReason(cause)}`;
      throw new Error(`${sentence}. Those before it are whole: --resume goes on from them`, {
        cause,
      });
    }
  }

  /** Removes the copies for all but some epochs, and what a killed process left unfinished. */
  async prune(epochs: readonly number[]): Promise<void> {
    const kept = new Set(epochs.map(nameOf));
    for await (const { name } of Deno.readDir(this.#folder)) {
      const isOld = COPY.test(name) && !kept.has(name);
      if (isOld || name.endsWith(UNFINISHED)) await Deno.remove(this.#path(name));
    }
  }

  /**
   * Reads the last checkpoint; the one before it, if it is damaged.
   *
   * @param log Hears of damage, in a sentence.
   * @returns Null if none has been written.
   * @throws {SchemaError} If one is of another version: going on from an older one would replace it.
   * @throws {SyntaxError} If there are some, and none of them is whole.
   */
  async read(log: (line: string) => void = () => {}): Promise<Checkpoint | null> {
    let damage: Error | null = null;
    for (const name of [LAST, PREVIOUS]) {
      if (!await exists(this.#path(name))) continue;
      try {
        const checkpoint = await readCheckpoint(this.#path(name));
        if (damage) log(`${damage.message}; the run goes on from the one before it`);
        return checkpoint;
      } catch (error) {
        if (!(error instanceof SyntaxError) || isOtherVersion(error)) throw error;
        damage ??= error;
      }
    }
    if (damage) {
      throw new SyntaxError(`${damage.message}, and there is no whole one before it`, {
        cause: damage,
      });
    }
    return null;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function isOtherVersion(error: SyntaxError): boolean {
  return error instanceof SchemaError && (error.isNewer || error.isOlder);
}

const COPY = /^epoch-\d+\.safetensors$/;

function nameOf(epoch: number): string {
  return `epoch-${epoch + 1}.safetensors`;
}

/** Makes renames last through a loss of power, where the system lets a folder be written through. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}
