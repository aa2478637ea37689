import assert from "node:assert/strict";
import { noteWork } from "../../../kernels/webgpu/dispatch_work.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { Tape } from "../../../kernels/webgpu/tape.ts";
import { dispatchTimes, togetherIfAlike } from "../../bench/hardware/dispatch_times.ts";
import type { KernelTime } from "../../bench/hardware/results.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";

/** A dispatch that doubles four numbers, as tapes have it. */
function doubling({ device }: Gpu, numbers: GPUBuffer) {
  const code = `
    @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
      numbers[id.x] *= 2;
    }`;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const entries = [{ binding: 0, resource: { buffer: numbers } }];
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  noteWork(bindGroup, { label: "double", source: code, flops: 4 }, [numbers]);
  return { pipeline, bindGroup, workgroups: [1, 1, 1] } as const;
}

gpuTest(
  "dispatchTimes() plays dispatches and copies in their order, and times each dispatch",
  async (gpu) => {
    if (!gpu.device.features.has("timestamp-query")) return;
    const numbers = gpu.upload(Float32Array.of(1, 2, 3, 4));
    const copied = gpu.createBuffer(16);
    const tapes = [new Tape(), new Tape()];
    tapes[0]!.add(doubling(gpu, numbers));
    tapes[0]!.add((encoder) => encoder.copyBufferToBuffer(numbers, 0, copied, 0, 16));
    tapes[1]!.add(doubling(gpu, numbers));
    const times = await dispatchTimes(gpu, tapes, 2);
    assert.equal(times.length, 1);
    const { ms, ...rest } = times[0]!;
    assert.deepEqual(rest, { name: "double", count: 2, flops: 8, bytes: 32 });
    assert(ms >= 0 && Number.isFinite(ms), `${ms} ms`);
    // Three plays, the first of which warms up.
    assert.deepEqual([...new Float32Array(await gpu.read(numbers))], [64, 128, 192, 256]);
    assert.deepEqual([...new Float32Array(await gpu.read(copied))], [32, 64, 96, 128]);
    gpu.destroy(numbers, copied);
  },
);

Deno.test("bench hardware: dispatches that are alike are summed, the slowest come first", () => {
  const time = (name: string, ms: number, bytes: number): KernelTime => {
    return { name, count: 1, ms, flops: 0, bytes };
  };
  const times = [time("a", 1, 8), time("b", 2.5, 8), time("a", 2, 8), time("a", 1, 9)];
  assert.deepEqual(togetherIfAlike(times), [
    { name: "a", count: 2, ms: 3, flops: 0, bytes: 16 },
    time("b", 2.5, 8),
    time("a", 1, 9),
  ]);
});
