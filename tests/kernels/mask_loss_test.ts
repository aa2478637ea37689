import assert from "node:assert/strict";
import * as naive from "../../kernels/cpu/joint_loss.ts";
import type { JointLossShape, MaskLoss } from "../../kernels/joint_loss.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { assertClose } from "../comparing/compare.ts";
import { derivatives } from "../comparing/derivatives.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";
import {
  type Inputs,
  randomInputs,
  type Results,
  runKernel,
  runThreads,
} from "./joint_loss_context.ts";
import { NEGATIVE_NAN } from "../comparing/relu_cases.ts";

type RunLoss = (inputs: Inputs, shape: JointLossShape) => Promise<Results>;

/** The masks measured otherwise than by squares, of which `joint_loss_test.ts` is. */
const KINDS = ["bce", "bce+dice"] as const;

/** A test on WebGPU, and one on WebAssembly. */
function bothTest(name: string, test: (run: RunLoss) => Promise<void>): void {
  gpuTest(`${name}, on webgpu`, (gpu) => test((inputs, shape) => runKernel(gpu, inputs, shape)));
  for (const threads of [1, 3]) {
    Deno.test(`${name}, on ${threads} wasm threads`, () =>
      test((inputs, shape) => runThreads(threads, inputs, shape)));
  }
}

/** Two images of one pixel; four attributes, of which the last weighs nothing. */
const BY_HAND = {
  logits: new Float32Array(8),
  // Probabilities 3/4, 1/2, 1/4 and (first image) 1/2, 1/2, 1/2 (second).
  maps: Float32Array.of(Math.log(3), 0, -Math.log(3), 7, 0, 0, 0, -7),
  bits: Uint32Array.of(1, 2),
  labels: new Float32Array(8),
  // Targets 1, 0, 0, 1 and 1, 0, 1, 0.
  wanted: Uint32Array.of(1, 2, 2, 1, 2, 0, 2, 1),
  labelWeights: new Float32Array(8),
  maskWeights: Float32Array.of(1, 1, 1, 0, 2, 1, 1, 0),
};

bothTest("the masks' cross entropy is what is computed by hand", async (run) => {
  const shape = { batch: 2, cells: 1, attributes: 4, weight: 3, maskLoss: "bce" } as const;
  const { losses, dmaps } = await run(BY_HAND, shape);
  // −log of what is given to the target: 3/4, 1/2, 3/4; twice 1/2, then 1/2, 1/2.
  const maskLoss = (2 * Math.log(4 / 3) + 5 * Math.LN2) / 8;
  const close = { relative: 1e-6, what: "by hand" };
  assertClose(losses, [3 * maskLoss, 0, maskLoss], close);
  const gradient = [-1 / 4, 1 / 2, 1 / 4, 0, -1, 1 / 2, -1 / 2, 0];
  assertClose(dmaps, gradient.map((value) => 3 * value / 8), close);
});

bothTest("cross entropy and Dice of the masks are what is computed by hand", async (run) => {
  const shape = { batch: 2, cells: 1, attributes: 4, weight: 3, maskLoss: "bce+dice" } as const;
  const { losses, dmaps } = await run(BY_HAND, shape);
  // Attribute 0: I = 3/4 + 1, P the same, T = 3. 1: I = T = 0, P = 1. 2: I = 1/2, P = 3/4, T = 1.
  const [n0, u0, n1, u1, n2, u2] = [4.5, 5.75, 1, 2, 2, 2.75];
  const dice = (3 - n0 / u0 - n1 / u1 - n2 / u2) / 3;
  const maskLoss = (2 * Math.log(4 / 3) + 5 * Math.LN2) / 8 + dice;
  const close = { relative: 1e-6, what: "by hand" };
  assertClose(losses, [3 * maskLoss, 0, maskLoss], close);
  const entropy = [-1 / 4, 1 / 2, 1 / 4, 0, -1, 1 / 2, -1 / 2, 0];
  const overlap = [
    ...[3 / 16 * (n0 - 2 * u0) / u0 ** 2, 1 / 4 * n1 / u1 ** 2, 3 / 16 * n2 / u2 ** 2, 0],
    ...[2 / 4 * (n0 - 2 * u0) / u0 ** 2, 1 / 4 * n1 / u1 ** 2, 1 / 4 * (n2 - 2 * u2) / u2 ** 2, 0],
  ];
  assertClose(dmaps, entropy.map((value, i) => 3 * (value / 8 + overlap[i]! / 3)), close);
});

for (const maskLoss of KINDS) {
  for (
    const [batch, cells, attributes, size] of [
      ...[[1, 1, 4, 1], [3, 63, 40, 1], [2, 64, 40, 20], [5, 65, 64, 3]],
      ...[[2, 66, 8, 1], [3, 211, 40, 3], [70, 3, 264, 1]],
    ] as [number, number, number, number][]
  ) {
    const name = `${batch}x${cells}x${attributes}, seed ${cells}`;
    bothTest(`the joint loss by ${maskLoss} equals the twin: ${name}`, async (run) => {
      const shape = { batch, cells, attributes, weight: 0.7, maskLoss };
      const inputs = randomInputs(shape, new Random(cells), size);
      const actual = await run(inputs, shape);
      const expected = naive.jointLoss(inputs, shape);
      // WGSL allows exp(−x) 3 + 2x units in the last place: 1e-5 from 80 on, where it is nothing.
      const close = (what: string) => ({ relative: 1e-5, what: `${what} by ${maskLoss}, ${name}` });
      const { total, attributeLoss } = expected;
      assertClose(actual.losses, [total, attributeLoss, expected.maskLoss], close("losses"));
      assertClose(actual.dlogits, expected.dlogits, close("gradient of the logits"));
      assertClose(actual.dmaps, expected.dmaps, close("gradient of the maps"));
    });
  }

  Deno.test(`the twin's gradients by ${maskLoss} are its derivatives`, () => {
    const shape = { batch: 2, cells: 3, attributes: 4, weight: 2, maskLoss };
    const inputs = randomInputs(shape, new Random(5));
    inputs.maskWeights.set([0], 2);
    inputs.maskWeights.set([0], 6);
    const maps = Float64Array.from(inputs.maps);
    const value = () => naive.jointLoss({ ...inputs, maps }, shape).total;
    const { dmaps } = naive.jointLoss({ ...inputs, maps }, shape);
    const close = { relative: 1e-6, what: "central differences, seed 5" };
    assertClose(dmaps, derivatives(maps, value), close);
  });

  bothTest(`the joint loss by ${maskLoss} stays finite for maps of any size`, async (run) => {
    const shape = { batch: 1, cells: 130, attributes: 4, weight: 1, maskLoss };
    const inputs = randomInputs(shape, new Random(7));
    // Certain and wrong in half of the attributes.
    const maps = inputs.maps.map((_, i) => i % 4 < 2 ? 1e4 : -1e4);
    const wanted = Uint32Array.of(1, 0, 1, 0);
    const given = { ...inputs, maps, wanted, bits: inputs.bits.fill(1) };
    const actual = await run(given, shape);
    const expected = naive.jointLoss(given, shape);
    const close = (what: string) => ({ relative: 1e-6, what });
    const { total, attributeLoss } = expected;
    assertClose(actual.losses, [total, attributeLoss, expected.maskLoss], close("losses"));
    assertClose(actual.dmaps, expected.dmaps, close("gradient"));
  });

  bothTest(`the joint loss by ${maskLoss} lets NaN of both signs through`, async (run) => {
    const shape = { batch: 2, cells: 65, attributes: 4, weight: 1, maskLoss };
    const inputs = randomInputs(shape, new Random(4));
    for (const nan of [Float32Array.of(NaN), NEGATIVE_NAN]) {
      for (const wanted of [0, 0x3fff]) {
        const maps = inputs.maps.slice();
        maps.set(nan, 6);
        const given = { ...inputs, maps, wanted: inputs.wanted.map(() => wanted) };
        const { losses, dmaps } = await run(given, shape);
        assert.deepEqual([...losses].map(Number.isNaN), [true, false, true]);
        // A sum of Dice is of all maps of an attribute.
        const isHit = (i: number) => maskLoss === "bce" ? i === 6 : i % 4 === 2;
        assert.deepEqual([...dmaps].map(Number.isNaN), [...maps.keys()].map(isHit));
      }
    }
  });

  bothTest(`attributes without weight add nothing by ${maskLoss}, seed 8`, async (run) => {
    const shape = { batch: 3, cells: 70, attributes: 8, weight: 1, maskLoss };
    const inputs = randomInputs(shape, new Random(8));
    const maskWeights = inputs.maskWeights.map((weight, i) => i % 8 < 3 ? 0 : weight);
    const given = { ...inputs, maskWeights };
    const other = { ...given, maps: inputs.maps.map((x, i) => i % 8 < 3 ? 3 - x : x) };
    const [one, two] = [await run(given, shape), await run(other, shape)];
    assert.deepEqual(two, one);
    const unlearnt = [...one.dmaps].filter((_, i) => i % 8 < 3);
    assert.ok(unlearnt.every((value) => value === 0));
    const expected = naive.jointLoss(given, shape).maskLoss;
    assertClose([one.losses[2]!], [expected], { relative: 1e-5, what: "mask loss, seed 8" });
  });
}

bothTest("Dice of no attribute at all is 0", async (run) => {
  const shape = { batch: 2, cells: 3, attributes: 4, weight: 1, maskLoss: "bce+dice" } as const;
  const inputs = randomInputs(shape, new Random(9));
  const { losses, dmaps } = await run({ ...inputs, maskWeights: new Float32Array(8) }, shape);
  assert.equal(losses[2], 0);
  assert.ok(dmaps.every((value) => value === 0));
});

Deno.test("the joint loss on threads is the same bits for any number of them, seed 10", async () => {
  for (const maskLoss of ["mse", ...KINDS] satisfies MaskLoss[]) {
    const shape = { batch: 3, cells: 700, attributes: 40, weight: 1, maskLoss };
    const inputs = randomInputs(shape, new Random(10));
    const [one, two, three] = [
      ...[await runThreads(1, inputs, shape), await runThreads(2, inputs, shape)],
      await runThreads(3, inputs, shape),
    ];
    assert.deepEqual(two, one);
    assert.deepEqual(three, one);
  }
});
