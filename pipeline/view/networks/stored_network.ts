/** Networks as runs have stored them, kept until their files change. */

import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Backend, prepareNetwork } from "../../compute/backend.ts";
import { networkSizes } from "../../evaluate.ts";
import type { Attribute } from "../../face/attributes.ts";
import { buildNetwork } from "../../network/network.ts";
import { learntAttributes } from "../../predict/learnt_attributes.ts";
import { readCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { CheckpointFolder } from "../../train/checkpoints/checkpoint_folder.ts";
import { restoreWeights } from "../../train/checkpoints/learner_state.ts";
import { readModel } from "../../train/files/model_folder.ts";
import { readRunConfig } from "../../train/files/run_folder.ts";
import type { NetworkPlace } from "./run_networks.ts";

/** A network that is ready to look. */
export interface StoredNetwork {
  readonly network: LayersModel;
  readonly learnt: readonly Attribute[];
  readonly sizes: ReturnType<typeof networkSizes>;
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
    const path = await pathOf(place);
    const key = await keyOf(place, path);
    if (this.#kept?.key === key) return this.#kept.stored;
    this.#kept?.stored.network.dispose();
    this.#kept = null;
    const network = await (place.epoch === null ? readModel(place.run) : readAfter(place, path));
    const learnt = await learntAttributes(place.run);
    const stored = { network, learnt, sizes: networkSizes(network) };
    prepareNetwork(backend, network);
    this.#kept = { key, stored };
    return stored;
  }
}

async function pathOf({ run, epoch }: NetworkPlace): Promise<string> {
  if (epoch === null) return join(run, "model", "weights.bin");
  const paths = await new CheckpointFolder(run).epochs();
  return paths.get(epoch) ?? missing(epoch);
}

/** What changes with the file of a network. */
async function keyOf({ run, epoch }: NetworkPlace, path: string): Promise<string> {
  const { mtime, size, ino } = await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`${run} has no network yet: one is written after the first epoch`, { cause });
  });
  return JSON.stringify([path, epoch, mtime?.getTime(), size, ino]);
}

async function readAfter({ run, epoch }: NetworkPlace, path: string): Promise<LayersModel> {
  const { network: layers, seed } = await readRunConfig(run);
  const { tensors, metadata } = await readCheckpoint(path);
  // A run that trains may have replaced the file.
  if (metadata.batch !== 0 || metadata.epoch - 1 !== epoch) missing(epoch!);
  const network = buildNetwork(layers, seed);
  try {
    restoreWeights(network, tensors);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function missing(epoch: number): never {
  throw new Error(
    `The network after epoch ${epoch + 1} is not kept: --keep-best keeps more of them.`,
  );
}
