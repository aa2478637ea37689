import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
// Brings the gradients of tfjs operations with it.
import "@tensorflow/tfjs-layers";
import { threadedJointLoss } from "../../../kernels/tfjs/joint_loss.ts";
import { withSharedMemory } from "../../../kernels/tfjs/wasm/backend.ts";
import { useThreads } from "../../../kernels/tfjs/wasm/kernels.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { wasmTest } from "../../contexts/wasm_test_context.ts";
import { composedJointLoss } from "../../comparing/composed_joint_loss.ts";

function randoms(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.next() - 0.5);
}

/**
 * A convolution, a clone, 2x2 pooling, another convolution, and a dense layer with a bias: the loss and
 * its gradients.
 */
async function evaluate(seed: number): Promise<Float32Array[]> {
  const random = new Random(seed);
  const given = [
    tf.tensor4d(randoms(random, 2 * 13 * 14 * 3), [2, 13, 14, 3]),
    tf.tensor4d(randoms(random, 3 * 3 * 3 * 8), [3, 3, 3, 8]),
    tf.tensor4d(randoms(random, 3 * 3 * 8 * 9), [3, 3, 8, 9]),
    tf.tensor2d(randoms(random, 3 * 4 * 9 * 8), [3 * 4 * 9, 8]),
    tf.tensor1d(randoms(random, 8)),
  ];
  const { value, grads } = tf.valueAndGrads((x, f, g, w, bias) => {
    const y = tf.clone(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "valid"));
    const z = tf.conv2d(tf.maxPool(y, 2, 2, "valid"), g as tf.Tensor4D, 1, "valid");
    const flat = tf.reshape(z, [2, -1]) as tf.Tensor2D;
    return tf.sum(tf.square(tf.fused.matMul({ a: flat, b: w as tf.Tensor2D, bias: bias! })));
  })(given);
  const data = await Promise.all([value, ...grads].map((tensor) => tensor.data<"float32">()));
  tf.dispose([value, ...grads, ...given]);
  return data;
}

wasmTest(
  "kernels on threads under tfjs give tfjs's results and gradients, seed 3",
  async (threads) => {
    const expected = await evaluate(3);
    const leave = useThreads(threads);
    const actual = await evaluate(3);
    const { numBytes } = tf.memory();
    for (let i = 0; i < 20; i++) await evaluate(3);
    assert.equal(tf.memory().numBytes, numBytes, "bytes grow");
    leave();
    const after = await evaluate(3);
    ["loss", "dx", "df", "dg", "dw", "dbias"].forEach((what, i) => {
      assertClose(actual[i]!, expected[i]!, { relative: 1e-5, what: `${what}, seed 3` });
      assert.deepEqual(after[i], expected[i], `${what}: tfjs's own kernels are back`);
    });
  },
);

wasmTest(
  "the joint loss on threads gives the composed one's gradients, seed 9",
  async (threads) => {
    const random = new Random(9);
    const [batch, height, width, count] = [3, 5, 7, 40];
    const given = [
      tf.tensor2d(randoms(random, batch * count), [batch, count]),
      tf.tensor4d(randoms(random, batch * height * width * count), [batch, height, width, count]),
    ];
    const word = () => random.integer(2 ** 14);
    const bits = Uint32Array.from({ length: batch * height * width }, word);
    const even = new Float32Array(batch * count).fill(1);
    const targets = {
      labels: randoms(random, batch * count).map((value) => value > 0 ? 1 : 0),
      wanted: Uint32Array.from(even, word),
      labelWeights: even,
      maskWeights: even,
    };
    const inside = Float32Array.from({ length: given[1]!.size }, (_, i) => {
      const cell = Math.floor(i / count);
      const image = Math.floor(cell / (height * width));
      return (bits[cell]! & targets.wanted[image * count + i % count]!) === 0 ? 0 : 1;
    });
    const target = {
      labels: tf.tensor2d(targets.labels, [batch, count]),
      masks: tf.tensor4d(inside, [batch, height, width, count]),
    };
    const measure = async (kind: "composed" | "threaded") => {
      const { value, grads } = tf.valueAndGrads((logits, maps) => {
        const prediction = { logits: logits!, maps: maps! };
        const { total, values } = kind === "composed"
          ? composedJointLoss(prediction, target, 1.5)
          : threadedJointLoss(threads, prediction, bits, targets, { weight: 1.5 });
        values.dispose();
        return total;
      })(given);
      const data = await Promise.all([value, ...grads].map((tensor) => tensor.data()));
      tf.dispose([value, ...grads]);
      return data;
    };
    const [expected, actual] = [await measure("composed"), await measure("threaded")];
    ["value", "gradient of the logits", "gradient of the maps"].forEach((what, i) =>
      assertClose(actual[i]!, expected[i]!, { relative: 1e-5, what: `${what}, seed 9` })
    );
    tf.dispose([given, Object.values(target)]);
  },
);

Deno.test("a module without a memory of its own is not made one with shared memory", () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  assert.throws(() => withSharedMemory(empty), /no memory that can be shared/);
});
