/** Networks as runs have stored them, kept until their files change. */

import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Backend, prepareNetwork } from "../../compute/backend.ts";
import { networkSizes } from "../../evaluate.ts";
import type { Attribute } from "../../face/attributes.ts";
import { buildNetwork } from "../../network/network.ts";
import { learntAttributes } from "../../predict/learnt_attributes.ts";
import { readCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { restoreWeights } from "../../train/checkpoints/learner_state.ts";
import { readModel } from "../../train/files/model_folder.ts";
import { readRunConfig } from "../../train/files/run_folder.ts";
import type { Look, NetworkPlace } from "./run_networks.ts";

/** A network that is ready to look. */
export interface StoredNetwork {
  readonly network: LayersModel;
  readonly learnt: readonly Attribute[];
  readonly sizes: ReturnType<typeof networkSizes>;
  readonly at: Look["at"];
}

/** The network that was asked for last: runs are mostly looked at one after the other. */
export class StoredNetworks {
  #kept: { key: string; stored: StoredNetwork } | null = null;

  /**
   * The network of a place as it lies there now.
   *
   * @throws {Error} If there is none.
   * @throws {SyntaxError} If it is damaged.
   */
  async open(place: NetworkPlace, backend: Backend): Promise<StoredNetwork> {
    const key = await keyOf(place);
    if (this.#kept?.key === key) return this.#kept.stored;
    this.#kept?.stored.network.dispose();
    this.#kept = null;
    const stored = await read(place);
    prepareNetwork(backend, stored.network);
    this.#kept = { key, stored };
    return stored;
  }
}

/** What changes with the files of a network. */
async function keyOf({ run, checkpoint }: NetworkPlace): Promise<string> {
  const path = checkpoint === null
    ? join(run, "model", "weights.bin")
    : join(run, "checkpoints", checkpoint);
  const { mtime, size, ino } = await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`${run} has no network yet: one is written after the first epoch`, { cause });
  });
  return JSON.stringify([path, mtime?.getTime(), size, ino]);
}

async function read({ run, checkpoint }: NetworkPlace): Promise<StoredNetwork> {
  const learnt = await learntAttributes(run);
  if (checkpoint === null) {
    const network = await readModel(run);
    return { network, learnt, sizes: networkSizes(network), at: null };
  }
  const { network: layers, seed } = await readRunConfig(run);
  const { tensors, metadata } = await readCheckpoint(join(run, "checkpoints", checkpoint));
  const network = buildNetwork(layers, seed);
  try {
    restoreWeights(network, tensors);
  } catch (error) {
    network.dispose();
    throw error;
  }
  const { epoch, batch, step } = metadata;
  return { network, learnt, sizes: networkSizes(network), at: { epoch, batch, step } };
}
