/**
 * The joint loss with its gradients at the mask sizes of the presets: our fused kernels on webgpu and on
 * wasm, from 14 region bits a pixel and by each kind of mask loss, against what tfjs's operations make of
 * uploaded masks on webgpu. They take turns; medians are printed, those of ours with their ratio to squares, by
 * the clock and by processor time, all threads', which a busy machine disturbs less (and which says nothing of
 * a card).
 */

import "../../pipeline/cli/environment.ts";
import { cpuUsage } from "node:process";
import * as tf from "@tensorflow/tfjs-core";
// Brings the gradients of tfjs operations with it.
import "@tensorflow/tfjs-layers";
import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import { type MaskLoss, packTargets } from "../../kernels/joint_loss.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import {
  fusedJointLoss,
  type JointLosses,
  threadedJointLoss,
} from "../../kernels/tfjs/joint_loss.ts";
import { type Backend, openBackend } from "../../pipeline/compute/backend.ts";
import { maskSize } from "../../pipeline/network/network.ts";
import { PRESETS } from "../../pipeline/network/presets.ts";
import { EVEN_CLASSES, lossTargets } from "../../pipeline/compute/loss_targets.ts";
import { median, print } from "./measuring.ts";
import { randomBatch } from "./random_batch.ts";
import { composedJointLoss } from "../comparing/composed_joint_loss.ts";

const ROUNDS = 7;
const KINDS = ["mse", "bce", "bce+dice"] as const satisfies MaskLoss[];
/** Losses a round: a read-back costs 11 ms in Deno, more than a small loss. */
const REPEATS = 10;

type Prediction = { readonly logits: tf.Tensor; readonly maps: tf.Tensor };
type Loss = (prediction: Prediction) => JointLosses;

/** A way to the loss and what it starts from, which stays where it is computed. */
interface Contender {
  readonly name: string;
  readonly backend: "webgpu" | "wasm";
  readonly inputs: readonly tf.Tensor[];
  readonly loss: Loss;
}

/** What one loss takes with its gradients by logits and maps. */
async function round({ backend, inputs, loss }: Contender): Promise<Taken> {
  await tf.setBackend(backend);
  const [start, used] = [performance.now(), cpuUsage()];
  for (let i = 0; i < REPEATS; i++) {
    const { value, grads } = tf.valueAndGrads((logits, maps) => {
      const { total, values } = loss({ logits: logits!, maps: maps! });
      values.dispose();
      return total;
    })([...inputs]);
    if (i === REPEATS - 1) await value.data();
    tf.dispose([value, ...grads]);
  }
  const { user, system } = cpuUsage(used);
  const ms = (performance.now() - start) / REPEATS;
  return { ms, processorMs: (user + system) / 1e3 / REPEATS };
}

/** The contenders for a preset's masks; those of the first backend are compared with. */
async function contendersFor(
  preset: keyof typeof PRESETS,
  batch: number,
  gpu: Backend | null,
  wasm: Backend,
): Promise<Contender[]> {
  const { network } = PRESETS[preset];
  const { height, width } = maskSize(network);
  const { job, faces } = randomBatch(network, batch);
  const bits = rasterizeRows(job);
  const labels = faces.map((face) => face.labels);
  const targets = lossTargets(labels, PRESETS[preset], EVEN_CLASSES);
  const inputs = () => [
    tf.randomNormal([batch, 40], 0, 1, "float32", 1),
    tf.randomNormal([batch, height, width, 40], 0, 1, "float32", 2),
  ];
  const contenders: Contender[] = [];
  if (gpu) {
    await tf.setBackend("webgpu");
    const host = TfjsHost.of(gpu.gpu)!;
    // Bound for as long as the process lives.
    const onDevice = {
      bits: host.gpu.upload(bits),
      targets: host.gpu.upload(packTargets(targets, 40)),
    };
    const masks = {
      labels: tf.cast(tf.less(tf.randomUniform([batch, 40]), 0.3), "float32"),
      masks: tf.cast(tf.less(tf.randomUniform([batch, height, width, 40]), 0.1), "float32"),
    };
    const own = inputs();
    contenders.push(
      ...([
        ["tfjs's operations on webgpu", (given) => composedJointLoss(given, masks, 1)],
        ...KINDS.map((maskLoss) => [
          `our kernel on webgpu, ${maskLoss}`,
          (given: Prediction) => fusedJointLoss(host, given, onDevice, { weight: 1, maskLoss }),
        ]),
      ] as [string, Loss][]).map(([name, loss]) => (
        { name, loss, backend: "webgpu", inputs: own } as const
      )),
    );
  }
  await tf.setBackend("wasm");
  const own = inputs();
  for (const maskLoss of KINDS) {
    const loss: Loss = (given) =>
      threadedJointLoss(wasm.threads!, given, bits, targets, { weight: 1, maskLoss });
    contenders.push({ name: `ours on wasm, ${maskLoss}`, backend: "wasm", inputs: own, loss });
  }
  return contenders;
}

/** Time by the clock, and that of all processors together. */
interface Taken {
  readonly ms: number;
  readonly processorMs: number;
}

/** What a loss takes by one of the ways; medians. */
interface LossTime extends Taken {
  readonly name: string;
}

/**
 * Measures a preset's loss by all ways, which take turns.
 *
 * @param gpu Null leaves out the ways on webgpu, of which tfjs's is the first.
 */
export async function measureLosses(
  preset: keyof typeof PRESETS,
  batch: number,
  gpu: Backend | null,
  wasm: Backend,
): Promise<LossTime[]> {
  const contenders = await contendersFor(preset, batch, gpu, wasm);
  const times = contenders.map((): Taken[] => []);
  for (let turn = -1; turn < ROUNDS; turn++) {
    for (const [i, contender] of contenders.entries()) {
      const time = await round(contender);
      // The first round compiles.
      if (turn >= 0) times[i]!.push(time);
    }
  }
  return contenders.map(({ name }, i) => ({
    name,
    ms: median(times[i]!.map(({ ms }) => ms)),
    processorMs: median(times[i]!.map(({ processorMs }) => processorMs)),
  }));
}

/** Measures and prints the presets' losses. */
export async function compareLosses(): Promise<void> {
  using wasm = await openBackend("wasm");
  using gpu = await openBackend("webgpu").catch(() => null);
  for (const [preset, batch] of [["residual", 16], ["lite", 16], ["paper", 8]] as const) {
    const times = await measureLosses(preset, batch, gpu, wasm);
    const { height, width } = maskSize(PRESETS[preset].network);
    print(`joint loss and gradients, ${preset}: masks ${height}x${width}, batch ${batch}`);
    const base = gpu ? times[0]!.ms : null;
    let squares: LossTime | null = null;
    for (const time of times) {
      const { name, ms, processorMs } = time;
      if (name.endsWith("mse")) squares = time;
      const columns = [
        `  ${name.padEnd(32)}${ms.toFixed(2).padStart(9)} ms`,
        `${processorMs.toFixed(2).padStart(9)} ms of processors`,
        base === null ? "" : `${(base / ms).toFixed(1)}x`.padStart(9),
      ];
      if (squares !== null) {
        const [clock, processors] = [ms / squares.ms, processorMs / squares.processorMs];
        columns.push(
          `   ${clock.toFixed(2)} of mse, ${processors.toFixed(2)} of its processor time`,
        );
      }
      print(columns.join(""));
    }
  }
}

if (import.meta.main) {
  await compareLosses();
  Deno.exit();
}
