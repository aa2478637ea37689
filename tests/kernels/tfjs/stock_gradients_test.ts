import * as tf from "@tensorflow/tfjs-core";
import { rasterizeRows } from "../../../kernels/cpu/rasterize_rows.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { addShiftAlone } from "../../../kernels/tfjs/layers.ts";
import { TfjsHost } from "../../../kernels/tfjs/host.ts";
import { composedJointLoss } from "../../comparing/composed_joint_loss.ts";
import { useOwnKernels, useStockKernels } from "../../../kernels/tfjs/kernels.ts";
import { type Batch, batchImages } from "../../../pipeline/face/batches.ts";
import {
  applyNetwork,
  buildNetwork,
  maskSize,
  type NetworkConfig,
  priorLayer,
} from "../../../pipeline/network/network.ts";
import type { TrainConfig } from "../../../pipeline/network/settings.ts";
import { attributeRegionMasks } from "../../../pipeline/face/regions.ts";
import { type NamedTensor, readTensors } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { assertClose } from "../../comparing/compare.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { labelNumbers, sampleBatches, smallConfig } from "../../contexts/train_context.ts";

/** The masks of all attributes as numbers: f32 [B, cells, 40] from bits u32 [B, cells]. */
function expandMasks(bits: Uint32Array, labels: Float32Array, cells: number): Float32Array {
  const regions = attributeRegionMasks();
  const count = regions.length;
  return Float32Array.from({ length: bits.length * count }, (_, i) => {
    const cell = Math.floor(i / count);
    const isInside = (bits[cell]! & regions[i % count]!) !== 0;
    return isInside ? labels[Math.floor(cell / cells) * count + i % count]! : 0;
  });
}

function variableOf(weight: { read(): tf.Tensor }): tf.Variable {
  return weight.read() as tf.Variable;
}

/** Loss and gradients by tfjs's layers and kernels as they come, from uploaded masks. */
async function stockGradients(
  { network: sizes, seed, segmentationWeight, batch: size }: TrainConfig,
  batch: Batch,
): Promise<{ losses: Float32Array; gradients: NamedTensor[] }> {
  const network = buildNetwork(sizes, seed);
  // It stands for an addition, which tfjs has no layer for.
  const prior = priorLayer(network);
  if (prior) addShiftAlone(prior);
  const { height, width } = maskSize(sizes);
  const labels = labelNumbers(batch);
  const masks = expandMasks(rasterizeRows(batch.job), labels, height * width);
  let values: tf.Tensor | undefined;
  const { grads } = tf.tidy(() =>
    tf.variableGrads(() => {
      const images = tf.tensor4d(batchImages(batch), [
        size,
        sizes.input.height,
        sizes.input.width,
        3,
      ]);
      const target = {
        labels: tf.tensor2d(labels, [size, 40]),
        masks: tf.tensor4d(masks, [size, height, width, 40]),
      };
      const prediction = applyNetwork(network, images, true);
      const losses = composedJointLoss(prediction, target, segmentationWeight);
      values = losses.values;
      return losses.total;
    }, network.trainableWeights.map(variableOf))
  );
  const gradients = await readTensors(
    network.trainableWeights.map((weight) =>
      [weight.originalName, grads[variableOf(weight).name]!] as const
    ),
  );
  const losses = await values!.data<"float32">();
  tf.dispose([grads, values!]);
  network.dispose();
  return { losses, gradients };
}

async function compareGradients(gpu: Gpu, network: Partial<NetworkConfig>): Promise<void> {
  const host = await TfjsHost.attach(gpu);
  // A first step without decay leaves the gradients as velocities.
  const config = smallConfig({
    network: { ...smallConfig().network, ...network },
    weightDecay: 0,
    segmentationWeight: 2,
    maskLoss: "mse",
  });
  const [batch] = await sampleBatches(config, 1) as [Batch];
  useStockKernels();
  const expected = await stockGradients(config, batch);
  useOwnKernels(host);
  try {
    const network = buildNetwork(config.network, config.seed);
    const backend = {
      name: "webgpu",
      reason: "",
      threads: null,
      gpu,
      [Symbol.dispose]: () => {},
    } as const;
    using learner = new Learner(backend, network, config);
    const losses = learner.step(batch);
    const close = (what: string) => ({ relative: 1e-4, what: `${what}, seed ${config.seed}` });
    assertClose(await losses.data(), expected.losses, close("losses"));
    for (const { name, data } of expected.gradients) {
      // A scale that the next normalisation undoes has none but of rounding.
      if (data.every((value) => Math.abs(value) < 1e-6)) continue;
      const weight = network.trainableWeights.find(({ originalName }) => originalName === name)!;
      const gradient = learner.optimizer.stateOf(variableOf(weight)).get("velocity")!;
      assertClose(await gradient.data(), data, close(`gradient of ${name}`));
    }
    losses.dispose();
    network.dispose();
  } finally {
    useStockKernels();
  }
}

gpuTest("Learner.step() has the gradients of tfjs's own kernels for all weights", async (gpu) => {
  await compareGradients(gpu, {});
});

gpuTest("Learner.step() has them for a residual network with a mask head as well", async (gpu) => {
  const shape = { architecture: "residual", maskHead: "separate", widths: [4, 8, 12] } as const;
  await compareGradients(gpu, { ...shape, input: { height: 64, width: 60 } });
});

gpuTest("Learner.step() has them for a mask head with context as well", async (gpu) => {
  for (const architecture of ["plain", "residual"] as const) {
    await compareGradients(gpu, { architecture, widths: [4, 8, 8], maskHead: "context" });
  }
});
