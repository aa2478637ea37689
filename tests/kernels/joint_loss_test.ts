import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
// Brings the gradients of tfjs operations with it.
import "@tensorflow/tfjs-layers";
import * as naive from "../../kernels/cpu/joint_loss.ts";
import { packTargets } from "../../kernels/joint_loss.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import { fusedJointLoss } from "../../kernels/tfjs/joint_loss.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { assertClose } from "../comparing/compare.ts";
import { derivatives } from "../comparing/derivatives.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";
import { randomInputs, runKernel } from "./joint_loss_context.ts";
import { NEGATIVE_NAN } from "../comparing/relu_cases.ts";
import { composedJointLoss } from "../comparing/composed_joint_loss.ts";

gpuTest("jointLoss() gives the losses computed by hand", async (gpu) => {
  // Four attributes, one image, two pixels. Labels 1, 0, 1, 0; wanted regions 1, none, 2, none; pixel 0
  // lies in region 1, pixel 1 in region 2. The targets are (1, 0, 0, 0) and (0, 0, 1, 0). The first
  // label counts twice, the third map half.
  const shape = { batch: 1, cells: 2, attributes: 4, weight: 3 };
  const { losses, dlogits, dmaps } = await runKernel(gpu, {
    logits: Float32Array.of(0, 0, 100, -100),
    maps: Float32Array.of(1, 0, 0, 0, 0, 0.5, 0, 0),
    bits: Uint32Array.of(1, 2),
    labels: Float32Array.of(1, 0, 1, 0),
    wanted: Uint32Array.of(1, 0, 2, 0),
    labelWeights: Float32Array.of(2, 1, 1, 1),
    maskWeights: Float32Array.of(1, 1, 0.5, 1),
  }, shape);
  const attributeLoss = 3 * Math.LN2 / 4;
  const maskLoss = (0.25 + 0.5) / 8;
  const close = { relative: 1e-6, what: "by hand" };
  assertClose(losses, [attributeLoss + 3 * maskLoss, attributeLoss, maskLoss], close);
  assertClose(dlogits, [-0.25, 0.125, 0, 0], close);
  assertClose(dmaps, [0, 0, 0, 0, 0, 3 * 2 * 0.5 / 8, -3 * 2 * 0.5 / 8, 0], close);
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
    labels: Float32Array.of(1, 1, 0, 0),
    wanted: new Uint32Array(4),
    labelWeights: new Float32Array(4).fill(1),
    maskWeights: new Float32Array(4).fill(1),
  }, shape);
  assertClose(losses, [5000, 5000, 0], { relative: 1e-6, what: "losses" });
  assertClose(dlogits, [0, -0.25, 0.25, 0], { relative: 1e-6, what: "gradient" });
});

gpuTest("jointLoss() lets NaN of both signs through to losses and gradients", async (gpu) => {
  const shape = { batch: 1, cells: 1, attributes: 4, weight: 1 };
  const inputs = randomInputs(shape, new Random(4));
  const numbers = ["losses", "dlogits", "dmaps"] as const;
  for (const nan of [Float32Array.of(NaN), NEGATIVE_NAN]) {
    for (const label of [0, 1]) {
      const [logits, maps] = [inputs.logits.slice(), inputs.maps.slice()];
      for (const given of [logits, maps]) given.set(nan, 2);
      const labels = inputs.labels.map(() => label);
      const result = await runKernel(gpu, { ...inputs, logits, maps, labels }, shape);
      const where = numbers.map((name) => [...result[name]].map(Number.isNaN));
      const third = [false, false, true, false];
      assert.deepEqual(where, [[true, true, true], third, third]);
    }
  }
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
    const { logits, maps, bits, ...random } = randomInputs(shape, new Random(9));
    // tfjs's operations know no weights.
    const even = new Float32Array(3 * 40).fill(1);
    const targets = { ...random, labelWeights: even, maskWeights: even };
    const target = {
      labels: tf.tensor2d(targets.labels, [3, 40]),
      masks: tf.tensor4d(
        maps.map((_, i) => {
          const cell = Math.floor(i / 40);
          const wanted = targets.wanted[Math.floor(cell / 35) * 40 + i % 40]!;
          return (bits[cell]! & wanted) !== 0 ? 1 : 0;
        }),
        [3, 5, 7, 40],
      ),
    };
    const regionBits = tf.tensor3d(Int32Array.from(bits), [3, 5, 7], "int32");
    const packed = gpu.upload(packTargets(targets, 40));
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
      const prediction = { logits, maps };
      const onDevice = { bits: host.bind(regionBits), targets: packed };
      const { total, values } = fusedJointLoss(host, prediction, onDevice, shape);
      values.dispose();
      return total;
    };
    const [expected, actual] = [await evaluate(composed), await evaluate(fused)];
    ["value", "gradient of the logits", "gradient of the maps"].forEach((what, i) =>
      assertClose(actual[i]!, expected[i]!, { relative: 1e-5, what: `${what}, seed 9` })
    );
    tf.dispose([given, Object.values(target), regionBits]);
    gpu.destroy(packed);
    assert.equal(tf.memory().numTensors, before, "tensors were left");
    assert.equal(gpu.host, own);
  },
);
