import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
// Brings the gradients of tfjs operations with it.
import "@tensorflow/tfjs-layers";
import * as naive from "../kernels/cpu/joint_loss.ts";
import type { Gpu } from "../kernels/gpu.ts";
import { jointLoss, jointLossParts, type JointLossShape } from "../kernels/joint_loss.ts";
import { TfjsHost } from "../kernels/tfjs_host.ts";
import { composedJointLoss, fusedJointLoss } from "../kernels/tfjs_joint_loss.ts";
import { Random } from "../pipeline/random.ts";
import { assertClose } from "./compare.ts";
import { derivatives } from "./derivatives.ts";
import { gpuTest } from "./gpu_test_context.ts";

interface Inputs {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly maps: Float32Array<ArrayBuffer>;
  readonly bits: Uint32Array<ArrayBuffer>;
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly regions: Uint32Array<ArrayBuffer>;
}

function randomInputs({ batch, cells, attributes }: JointLossShape, random: Random): Inputs {
  const words = (length: number) =>
    Uint32Array.from({ length }, () => Math.floor(random.next() * 2 ** 32));
  const floats = (length: number, size: number) =>
    Float32Array.from({ length }, () => size * random.normal());
  return {
    logits: floats(batch * attributes, 4),
    maps: floats(batch * cells * attributes, 1),
    bits: words(batch * cells).map((word) => word & 0x3fff),
    labels: words(2 * batch),
    regions: words(attributes).map((word) => word & 0x3fff),
  };
}

async function runKernel(gpu: Gpu, inputs: Inputs, shape: JointLossShape) {
  const buffers = {
    logits: gpu.upload(inputs.logits),
    maps: gpu.upload(inputs.maps),
    bits: gpu.upload(inputs.bits),
    labels: gpu.upload(inputs.labels),
    regions: gpu.upload(inputs.regions),
    dlogits: gpu.createBuffer(inputs.logits.byteLength),
    dmaps: gpu.createBuffer(inputs.maps.byteLength),
    parts: gpu.createBuffer(8 * jointLossParts(shape)),
    losses: gpu.createBuffer(12),
  };
  jointLoss(gpu, buffers, shape);
  const read = async (buffer: GPUBuffer) => new Float32Array(await gpu.read(buffer));
  const result = {
    losses: await read(buffers.losses),
    dlogits: await read(buffers.dlogits),
    dmaps: await read(buffers.dmaps),
  };
  gpu.destroy(...Object.values(buffers));
  return result;
}

gpuTest("jointLoss() gives the losses computed by hand", async (gpu) => {
  // Four attributes, one image, two pixels. Labels 1, 0, 1, 0; regions 1, 1, 2, 2; pixel 0 lies in
  // region 1, pixel 1 in region 2. The targets are (1, 0, 0, 0) and (0, 0, 1, 0).
  const shape = { batch: 1, cells: 2, attributes: 4, weight: 3 };
  const { losses, dlogits, dmaps } = await runKernel(gpu, {
    logits: Float32Array.of(0, 0, 100, -100),
    maps: Float32Array.of(1, 0, 0, 0, 0, 0.5, 0, 0),
    bits: Uint32Array.of(1, 2),
    labels: Uint32Array.of(0b0101, 0),
    regions: Uint32Array.of(1, 1, 2, 2),
  }, shape);
  const attributeLoss = 2 * Math.LN2 / 4;
  const maskLoss = (0.25 + 1) / 8;
  const close = { relative: 1e-6, what: "by hand" };
  assertClose(losses, [attributeLoss + 3 * maskLoss, attributeLoss, maskLoss], close);
  assertClose(dlogits, [-0.125, 0.125, 0, 0], close);
  assertClose(dmaps, [0, 0, 0, 0, 0, 3 * 2 * 0.5 / 8, -3 * 2 / 8, 0], close);
});

for (
  const [batch, cells, attributes] of [[1, 1, 4], [3, 63, 40], [2, 64, 40], [5, 65, 64]] as const
) {
  const seed = cells;
  const name = `${batch}x${cells}x${attributes}, seed ${seed}`;
  gpuTest(`jointLoss() equals the twin: ${name}`, async (gpu) => {
    const shape = { batch, cells, attributes, weight: 0.7 };
    const inputs = randomInputs(shape, new Random(seed));
    const actual = await runKernel(gpu, inputs, shape);
    const expected = naive.jointLoss(inputs, shape);
    const close = (what: string) => ({ relative: 1e-5, what: `${what} of ${name}` });
    const { total, attributeLoss, maskLoss } = expected;
    assertClose(actual.losses, [total, attributeLoss, maskLoss], close("losses"));
    assertClose(actual.dlogits, expected.dlogits, close("gradient of the logits"));
    assertClose(actual.dmaps, expected.dmaps, close("gradient of the maps"));
  });
}

gpuTest("jointLoss() stays finite for logits of any size", async (gpu) => {
  const shape = { batch: 1, cells: 1, attributes: 4, weight: 1 };
  const { losses, dlogits } = await runKernel(gpu, {
    logits: Float32Array.of(1e4, -1e4, 1e4, -1e4),
    maps: new Float32Array(4),
    bits: new Uint32Array(1),
    labels: Uint32Array.of(0b0011, 0),
    regions: new Uint32Array(4),
  }, shape);
  assertClose(losses, [5000, 5000, 0], { relative: 1e-6, what: "losses" });
  assertClose(dlogits, [0, -0.25, 0.25, 0], { relative: 1e-6, what: "gradient" });
});

Deno.test("the twin's gradients of the joint loss are its derivatives", () => {
  const shape = { batch: 2, cells: 3, attributes: 4, weight: 2 };
  const inputs = randomInputs(shape, new Random(5));
  const logits = Float64Array.from(inputs.logits);
  const maps = Float64Array.from(inputs.maps);
  const value = () => naive.jointLoss({ ...inputs, logits, maps }, shape).total;
  const { dlogits, dmaps } = naive.jointLoss({ ...inputs, logits, maps }, shape);
  const close = { relative: 1e-6, what: "central differences, seed 5" };
  assertClose(dlogits, derivatives(logits, value), close);
  assertClose(dmaps, derivatives(maps, value), close);
});

gpuTest(
  "fusedJointLoss() equals the loss composed of tfjs operations, with its gradients",
  async (gpu) => {
    const host = await TfjsHost.attach(gpu);
    const own = gpu.host;
    const before = tf.memory().numTensors;
    const shape = { batch: 3, cells: 5 * 7, attributes: 40, weight: 1.5 };
    const { logits, maps, bits, labels, regions } = randomInputs(shape, new Random(9));
    const isSet = (b: number, a: number) => labels[2 * b + (a >> 5)]! >>> (a & 31) & 1;
    const target = {
      labels: tf.tensor2d(logits.map((_, i) => isSet(Math.floor(i / 40), i % 40)), [3, 40]),
      masks: tf.tensor4d(
        maps.map((_, i) => {
          const cell = Math.floor(i / 40);
          const inside = (bits[cell]! & regions[i % 40]!) !== 0;
          return isSet(Math.floor(cell / 35), i % 40) && inside ? 1 : 0;
        }),
        [3, 5, 7, 40],
      ),
    };
    const packed = {
      bits: tf.tensor3d(Int32Array.from(bits), [3, 5, 7], "int32"),
      labels: tf.tensor2d(Int32Array.from(labels), [3, 2], "int32"),
      regions: tf.tensor1d(Int32Array.from(regions), "int32"),
    };
    const given = [tf.tensor2d(logits, [3, 40]), tf.tensor4d(maps, [3, 5, 7, 40])];
    const evaluate = async (loss: typeof composed) => {
      const { value, grads } = tf.valueAndGrads((logits, maps) => loss(logits!, maps!))(given);
      const data = await Promise.all([value, ...grads].map((tensor) => tensor.data()));
      tf.dispose([value, ...grads]);
      return data;
    };
    const composed = (logits: tf.Tensor, maps: tf.Tensor) => {
      const { total, values } = composedJointLoss({ logits, maps }, target, shape.weight);
      values.dispose();
      return total;
    };
    const fused = (logits: tf.Tensor, maps: tf.Tensor) => {
      const { total, values } = fusedJointLoss(host, { logits, maps }, packed, shape.weight);
      values.dispose();
      return total;
    };
    const [expected, actual] = [await evaluate(composed), await evaluate(fused)];
    ["value", "gradient of the logits", "gradient of the maps"].forEach((what, i) =>
      assertClose(actual[i]!, expected[i]!, { relative: 1e-5, what: `${what}, seed 9` })
    );
    tf.dispose([given, Object.values(target), Object.values(packed)]);
    assert.equal(tf.memory().numTensors, before, "tensors were left");
    assert.equal(gpu.host, own);
  },
);
