/**
 * The checkpoints of a run: the last one, the one before it, and those of the best epochs.
 *
 * `last.safetensors` is replaced by renaming, after it has become `previous.safetensors`; so one of the two
 * is whole at any moment. `epoch-4.safetensors` is the one after the fourth epoch. Where a disk has damaged the
 * last one, the newest of the others is as good as any.
 */

import { join } from "node:path";
import { exists, FileWriter, systemReason, UNFINISHED, writeFile } from "../../files/write_file.ts";
import { SchemaError } from "../../files/schema.ts";
import {
  type Checkpoint,
  encodeCheckpoint,
  readCheckpoint,
  readCheckpointMetadata,
} from "./checkpoint.ts";

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
   * Reads the newest checkpoint that is whole: the last one, or if that is damaged the one before it or the copy
   * of an epoch.
   *
   * @param log Hears of damage and of what is lost by it, in a sentence.
   * @param reached Steps that the run had come to.
   * @returns Null if none has been written.
   * @throws {SchemaError} If one is of another version: going on from an older one would replace it.
   * @throws {SyntaxError} If there are some, and none of them is whole.
   */
  async read(
    log: (line: string) => void = () => {},
    reached = 0,
  ): Promise<Checkpoint | null> {
    const last = await this.#readWhole(LAST);
    if (last && !(last instanceof SyntaxError)) return last;
    let damage = last;
    let [newest, name]: [Checkpoint | null, string] = [null, ""];
    for (const other of [PREVIOUS, ...await this.#copies()]) {
      const found = await this.#readWhole(other);
      if (found instanceof SyntaxError) damage ??= found;
      else if (found && (newest === null || isNewer(found, newest))) {
        [newest, name] = [found, other];
      }
    }
    if (!newest) {
      if (!damage) return null;
      throw new SyntaxError(`${damage.message}, and no other one is whole`, { cause: damage });
    }
    const lost = Math.max(0, reached - newest.metadata.step);
    // A process that is killed between two renames leaves no last one.
    const why = damage?.message ?? (name !== PREVIOUS && lost > 0 ? `There is no ${LAST}` : null);
    if (why) log(`${why}; the run goes on from ${name}, ${placeOf(newest, lost)}`);
    // The next checkpoint makes it the one before, in place of what is damaged or older.
    if (damage || name !== PREVIOUS) {
      await writeFile(this.#path(LAST), await Deno.readFile(this.#path(name)));
    }
    return newest;
  }

  /** Paths of the checkpoints that end an epoch, by that epoch (from 0); those that cannot be read are left out. */
  async epochs(): Promise<Map<number, string>> {
    const paths = new Map<number, string>();
    for (const name of [PREVIOUS, LAST]) {
      const at = await readCheckpointMetadata(this.#path(name)).catch(() => null);
      if (at?.batch === 0) paths.set(at.epoch - 1, this.#path(name));
    }
    for (const name of await this.#copies()) {
      paths.set(Number(/\d+/.exec(name)![0]) - 1, this.#path(name));
    }
    return paths;
  }

  /** A checkpoint, what is wrong with it, or null if it is not there. */
  async #readWhole(name: string): Promise<Checkpoint | SyntaxError | null> {
    if (!await exists(this.#path(name))) return null;
    try {
      return await readCheckpoint(this.#path(name));
    } catch (error) {
      if (!(error instanceof SyntaxError) || isOtherVersion(error)) throw error;
      return error;
    }
  }

  async #copies(): Promise<string[]> {
    if (!await exists(this.#folder)) return [];
    const names = await Array.fromAsync(Deno.readDir(this.#folder), ({ name }) => name);
    return names.filter((name) => COPY.test(name)).sort();
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function isNewer({ metadata: a }: Checkpoint, { metadata: b }: Checkpoint): boolean {
  return a.epoch > b.epoch || a.epoch === b.epoch && a.step > b.step;
}

/** Where a run stands that goes on from a checkpoint, and which steps after it are lost. */
function placeOf({ metadata: { epoch, step } }: Checkpoint, lost: number): string {
  const again = lost === 0
    ? "nothing is lost"
    : `the ${lost === 1 ? "step" : `${lost} steps`} after it must be taken again`;
  return `after step ${step} in epoch ${epoch + 1}: ${again}`;
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
