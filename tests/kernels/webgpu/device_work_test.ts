import assert from "node:assert/strict";
import { join } from "node:path";
import { devicesIdle } from "../../../kernels/webgpu/device_work.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { outcomeOf } from "../../processes/task_command.ts";

gpuTest(
  "a process that waits for its devices ends with its own code, and not in the driver",
  async () => {
    // Without waiting, a quarter of such processes crashes on Mesa's software adapter.
    const script = join(import.meta.dirname!, "..", "..", "processes", "ending_busy.ts");
    const args = ["run", "--no-check", "--no-prompt", "--allow-read", "--allow-env", script];
    for (let round = 0; round < 3; round++) {
      const some = [1, 2, 3, 4].map(() => outcomeOf(new Deno.Command(Deno.execPath(), { args })));
      for (const { code, err } of await Promise.all(some)) assert.equal(code, 7, err);
    }
  },
);

gpuTest("devicesIdle() gives up on a device that does not answer", async (gpu) => {
  const { queue } = gpu.device;
  queue.onSubmittedWorkDone = () => new Promise(() => {});
  try {
    await devicesIdle(10);
  } finally {
    delete (queue as Partial<GPUQueue>).onSubmittedWorkDone;
  }
  await devicesIdle();
});
