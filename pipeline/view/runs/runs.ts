/** The runs in the folders that are given, new ones too. */

import { basename, join } from "node:path";
import { quoted } from "../../files/quoted.ts";
import { exists } from "../../files/write_file.ts";
import type { RunState } from "../wire.ts";
import { WatchedRun } from "./run_state.ts";

/** Finds runs, each under a name that no other one has. */
export class Runs {
  readonly #given: readonly string[];
  readonly #byFolder = new Map<string, WatchedRun>();

  private constructor(given: readonly string[]) {
    this.#given = given;
  }

  /** Those in folders of runs, or in folders of which some have such. */
  static async among(given: readonly string[]): Promise<Runs> {
    const runs = new Runs(given);
    await runs.#find();
    return runs;
  }

  /** Looks for runs, and says how far each is. */
  async states(): Promise<RunState[]> {
    await this.#find();
    const all = [...this.#byFolder.values()];
    return await Promise.all(all.map((run) => run.state().catch((error) => faulty(run, error))));
  }

  /**
   * The run of a name.
   *
   * @throws {RangeError} If there is none.
   */
  named(name: string): WatchedRun {
    const run = [...this.#byFolder.values()].find((run) => run.name === name);
    if (run) return run;
    // Where it has not begun, whoever asks it for a network hears that.
    const folder = this.#given.find((given) => basename(given) === name);
    if (folder !== undefined) return new WatchedRun(name, folder);
    throw new RangeError(`There is no run ${quoted(name)}.`);
  }

  /** Looks for runs, and names them. */
  async names(): Promise<string[]> {
    await this.#find();
    return this.#names();
  }

  #names(): string[] {
    return Array.from(this.#byFolder.values(), ({ name }) => name);
  }

  async #find(): Promise<void> {
    for (const given of this.#given) {
      if (await isRun(given)) this.#add(given);
      else for (const folder of await foldersIn(given)) if (await isRun(folder)) this.#add(folder);
    }
  }

  #add(folder: string): void {
    if (this.#byFolder.has(folder)) return;
    const names = new Set(this.#names());
    let name = basename(folder);
    for (let n = 2; names.has(name); n++) name = `${basename(folder)} (${n})`;
    this.#byFolder.set(folder, new WatchedRun(name, folder));
  }
}

function isRun(folder: string): Promise<boolean> {
  return exists(folder, "config.json").catch(() => false);
}

/** Links are not followed: they may lead anywhere. */
async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter((entry) => entry.isDirectory).map(({ name }) => join(folder, name))
      .sort();
  } catch {
    return [];
  }
}

function faulty({ name }: WatchedRun, error: Error): RunState {
  return {
    ...{ name, preset: null, dataset: null, fault: error.message, state: "stopped" },
    ...{ epochs: 0, ofEpochs: 0, steps: 0, ofSteps: 0, bestEpoch: null, last: null },
    ...{ imagesPerSecond: null, secondsLeft: null, hasReport: false },
  };
}
