/**
 * Seconds of a training step: our kernels on webgpu, tfjs on wasm, stock tfjs-webgpu, and PyTorch on
 * the same machine, on the network of the preset `lite` and random images of the same size. They take
 * turns; medians are printed. `--batch N` sets the batch (8), `--full` takes images of 178 x 218 instead
 * of half that, `--no-stock` leaves out stock tfjs-webgpu, which takes long.
 *
 * @module
 */

import "../../pipeline/cli/environment.ts";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { useOwnKernels, useStockKernels } from "../../kernels/tfjs_kernels.ts";
import { composedJointLoss } from "../../kernels/tfjs_joint_loss.ts";
import { TfjsHost } from "../../kernels/tfjs_host.ts";
import { type Backend, openBackend } from "../../pipeline/backend.ts";
import { type Batch, makeBatch, type WholeFace } from "../../pipeline/batches.ts";
import {
  applyNetwork,
  buildNetwork,
  forwardFlops,
  maskSize,
  type NetworkConfig,
} from "../../pipeline/network.ts";
import { FRAME, trainConfig } from "../../pipeline/presets.ts";
import { Random } from "../../pipeline/random.ts";
import { frontalFace } from "../../pipeline/segments/region_diagram.ts";
import { polygonsOf } from "../../pipeline/segments/region_polygons.ts";
import { Learner } from "../../pipeline/train/learner.ts";
import { median, print } from "./measuring.ts";

const ROUNDS = 5;
const SEED = 64;
const PEER = join(import.meta.dirname ?? ".", "..", "peers", "train_torch.py");

/** One way to train: warms up when it is made, then takes a step a round. */
interface Contender {
  readonly name: string;
  /** Takes one step and returns its seconds. */
  step(): Promise<number>;
  close(): Promise<void>;
}

function randomBatch(network: NetworkConfig, size: number): Batch {
  const random = new Random(SEED);
  const { height, width } = network.input;
  const record = { image: "", path: "", split: null, size: null, box: null, rejected: null };
  const faces = Array.from({ length: size }, (): WholeFace => ({
    record: { ...record, labels: null, points: null },
    labels: random.integer(2 ** 40),
    pixels: Uint8Array.from({ length: height * width * 3 }, () => random.integer(256)),
    polygons: polygonsOf(frontalFace()),
  }));
  const plan = { input: network.input, mask: maskSize(network) };
  return makeBatch(faces, { ...plan, augmentation: { flip: true, shift: 4 } }, random);
}

/** Runs `step` once untimed, for compilation. */
async function contender(
  name: string,
  step: () => Promise<unknown>,
  close: () => void,
): Promise<Contender> {
  await step();
  const timed = async () => {
    const start = performance.now();
    await step();
    return (performance.now() - start) / 1000;
  };
  return { name, step: timed, close: () => Promise.resolve(close()) };
}

/** Our learner on a backend, opened for each round, since tfjs has one backend of a name. */
async function ours(
  name: "webgpu" | "wasm",
  batch: Batch,
  sizes: NetworkConfig,
): Promise<Contender> {
  const config = { ...trainConfig("lite"), network: sizes };
  const backend = await openBackend(name);
  const learner = new Learner(backend, buildNetwork(config.network, SEED), config);
  const step = async () => {
    await select(backend);
    const losses = learner.step(batch);
    await losses.data();
    losses.dispose();
  };
  return await contender(`ours on ${name}`, step, () => learner[Symbol.dispose]());
}

/** Makes a backend the current one, with our kernels under it. */
async function select(backend: Backend): Promise<void> {
  await tf.setBackend(backend.name);
  const host = TfjsHost.of(backend.gpu);
  if (host) useOwnKernels(host);
}

/** The layers API with tfjs's own kernels, optimiser and uploaded masks. */
async function stock(batch: Batch, sizes: NetworkConfig): Promise<Contender> {
  await tf.setBackend("webgpu");
  const network = buildNetwork(sizes, SEED);
  const optimizer = tf.train.momentum(0.01, 0.9);
  const count = batch.faces.length;
  const { height, width } = maskSize(sizes);
  const images = tf.tensor4d(batch.images, [count, sizes.input.height, sizes.input.width, 3]);
  const target = {
    labels: tf.cast(tf.less(tf.randomUniform([count, 40]), 0.3), "float32"),
    masks: tf.cast(tf.less(tf.randomUniform([count, height, width, 40]), 0.1), "float32"),
  };
  const step = async () => {
    await tf.setBackend("webgpu");
    useStockKernels();
    const loss = optimizer.minimize(() => {
      const { total, values } = composedJointLoss(applyNetwork(network, images, true), target, 1);
      values.dispose();
      return total;
    }, true)!;
    await loss.data();
    loss.dispose();
  };
  return await contender("stock tfjs on webgpu", step, () => network.dispose());
}

/** The same in PyTorch, or null where python3 has no torch. */
async function torch(config: NetworkConfig, batch: number): Promise<Contender | null> {
  const child = new Deno.Command("/usr/bin/python3", {
    args: [PEER],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const pieces = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  const ask = async (question: object) => {
    await writer.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    let line = "";
    while (!line.endsWith("\n")) {
      const { value, done } = await pieces.next();
      if (done) throw new Error("the peer has ended");
      line += value;
    }
    return JSON.parse(line);
  };
  const { height, width } = config.input;
  const hello = await ask({ height, width, widths: config.widths, batch }).catch(() => null);
  if (!hello) return null;
  const step = async () => (await ask({ steps: 1 })).seconds as number;
  await step();
  const close = async () => {
    await writer.close();
    await child.status;
  };
  return { name: `PyTorch ${hello.torch} on ${hello.device}`, step, close };
}

async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf("--batch");
  const size = at < 0 ? 8 : Number(args[at + 1]);
  const lite = trainConfig("lite").network;
  const network = args.includes("--full") ? { ...lite, input: FRAME } : lite;
  const batch = randomBatch(network, size);
  const contenders = [await ours("webgpu", batch, network), await ours("wasm", batch, network)];
  if (!args.includes("--no-stock")) contenders.push(await stock(batch, network));
  const peer = await torch(network, size);
  if (peer) contenders.push(peer);
  else print("python3 has no torch here: PyTorch is left out (Debian: python3-torch)");
  const seconds = contenders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { step }] of contenders.entries()) seconds[index]!.push(await step());
  }
  const flops = 3 * size * forwardFlops(network);
  const first = median(seconds[0]!);
  const { height, width } = network.input;
  print(
    `lite at ${height}x${width}, batch ${size}, ${
      (flops / 1e9).toFixed(1)
    } GFLOP a step, ${ROUNDS} rounds`,
  );
  print(
    "contender".padEnd(28) + "s/step".padStart(9) + "images/s".padStart(10) +
      "GFLOP/s".padStart(9) + "  of the first".padStart(14),
  );
  for (const [index, { name }] of contenders.entries()) {
    const time = median(seconds[index]!);
    print(
      name.padEnd(28) + time.toFixed(3).padStart(9) + (size / time).toFixed(1).padStart(10) +
        (flops / time / 1e9).toFixed(1).padStart(9) + `${(first / time).toFixed(2)}x`.padStart(14),
    );
  }
  for (const { close } of contenders) await close();
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit();
}
