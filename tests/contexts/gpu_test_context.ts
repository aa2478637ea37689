/**
 * Tests that need a GPU: one device a test file, checked after every test for leaked buffers and for
 * commands that the device refused.
 */

import assert from "node:assert/strict";
import "../../pipeline/cli/environment.ts";
import { devicesIdle } from "../../kernels/webgpu/device_work.ts";
import { Gpu } from "../../kernels/webgpu/gpu.ts";

const required = Deno.env.get("REQUIRE_GPU") === "1";

const adapter = await navigator.gpu?.requestAdapter() ?? null;
let warned = false;
let shared: Gpu | null = null;

addEventListener("unload", () => shared?.[Symbol.dispose]());
Deno.test.afterAll(() => devicesIdle());

/** Whether this machine has an adapter, for tests that compare with and without one. */
export const hasGpu: boolean = adapter !== null;

/**
 * Registers a test that is given a device, the same one for all tests of a file.
 *
 * After the test no buffer made through `gpu` may be left and the device must not have refused a
 * command. Without an adapter the test is skipped with one loud line, and fails if `REQUIRE_GPU=1`.
 */
export function gpuTest(name: string, test: (gpu: Gpu) => void | Promise<void>): void {
  if (!hasGpu && !required) warnOnce();
  Deno.test({ name, ignore: !hasGpu && !required, fn: () => runTest(test) });
}

/** As {@linkcode gpuTest}, with the kernels for software and with those for hardware, whatever it is. */
export function gpuKindsTest(name: string, test: (gpu: Gpu) => void | Promise<void>): void {
  for (const isFallback of [true, false]) {
    gpuTest(`${name}, ${isFallback ? "software" : "hardware"}'s kernels`, async (gpu) => {
      const own = gpu.isFallback;
      Object.assign(gpu, { isFallback });
      try {
        await test(gpu);
      } finally {
        Object.assign(gpu, { isFallback: own });
      }
    });
  }
}

async function runTest(test: (gpu: Gpu) => void | Promise<void>): Promise<void> {
  shared ??= await Gpu.open();
  assert(shared, "REQUIRE_GPU=1, but this machine has no WebGPU adapter");
  const gpu = shared;
  try {
    await test(gpu);
    gpu.host.submit();
    await gpu.device.queue.onSubmittedWorkDone();
    gpu.check();
    assert.equal(gpu.liveBuffers, 0, `${gpu.liveBuffers} buffers were not destroyed`);
  } catch (error) {
    // The next test gets a device without this one's buffers and errors.
    shared = null;
    gpu[Symbol.dispose]();
    throw error;
  }
}

function warnOnce(): void {
  if (warned) return;
  warned = true;
  const line = "NO GPU: this machine has no WebGPU adapter, so the GPU tests are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}
