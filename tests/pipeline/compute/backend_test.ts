import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { gpuTest, hasGpu } from "../../contexts/gpu_test_context.ts";
import { outcomeOf } from "../../processes/task_command.ts";

/** A 3x3 convolution of 8x8 ones, which sums 9 of them. */
async function convolved(): Promise<number> {
  const [x, filter] = [tf.ones([1, 8, 8, 1]), tf.ones([3, 3, 1, 1])];
  const y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid");
  const [first] = await y.data();
  tf.dispose([x, filter, y]);
  return first!;
}

Deno.test("openBackend() computes the same on as many threads as it is told", async () => {
  for (const count of [1, 3]) {
    using backend = await openBackend("wasm", count);
    assert.equal(backend.threads!.count, count);
    assert.equal(await convolved(), 9);
  }
});

Deno.test("openBackend() shares the threads of wasm, whoever closes it first", async () => {
  await useWasm();
  const stock = tf.getKernel("Conv2D", "wasm");
  for (const order of [[0, 1], [1, 0]]) {
    const both = await Promise.all([openBackend("wasm"), openBackend("wasm")]);
    assert.equal(both[0].threads, both[1].threads);
    const own = tf.getKernel("Conv2D", "wasm");
    assert.notEqual(own, stock);
    for (const [closed, which] of order.entries()) {
      assert.equal(tf.getKernel("Conv2D", "wasm"), own, `${closed} are closed`);
      assert.equal(await convolved(), 9);
      both[which]![Symbol.dispose]();
    }
    assert.equal(tf.getKernel("Conv2D", "wasm"), stock);
    assert.equal(await convolved(), 9);
  }
});

for (const names of [["wasm", "wasm"], ["webgpu", "webgpu"], ["wasm", "webgpu", "wasm"]]) {
  const ignore = names.includes("webgpu") && !hasGpu;
  Deno.test(`openBackend() opens ${names.join(" and ")} at the same time`, { ignore }, async () => {
    const script = join(import.meta.dirname!, "..", "..", "processes", "opened_at_once.ts");
    const options = ["--no-check", "--no-prompt", "--allow-read", "--allow-write", "--allow-env"];
    const args = ["run", ...options, script, ...names];
    const { code, err } = await outcomeOf(new Deno.Command(Deno.execPath(), { args }));
    assert.equal(code, 0, err);
  });
}

gpuTest("openBackend() opens a new device where the one that is open is lost", async () => {
  using first = await openBackend("webgpu");
  first.gpu!.device.destroy();
  await first.gpu!.device.lost;
  using second = await openBackend("webgpu");
  assert.notEqual(first.gpu, second.gpu);
  first[Symbol.dispose]();
  assert.equal(await convolved(), 9);
});
