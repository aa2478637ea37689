/** A process that ends while its GPU is compiling and computing, as commands end: with code 7. */

import "../../pipeline/cli/environment.ts";
import { devicesIdle } from "../../kernels/webgpu/device_work.ts";
import { Gpu } from "../../kernels/webgpu/gpu.ts";

if (import.meta.main) {
  const gpu = (await Gpu.open())!;
  const numbers = gpu.upload(new Float32Array(1 << 16).fill(1));
  for (let kernel = 0; kernel < 4; kernel++) {
    const source = `
      @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        var sum = numbers[id.x];
        for (var i = 0u; i < 500u; i++) { sum = sum * 1.000${kernel} + sin(sum); }
        numbers[id.x] = sum;
      }`;
    gpu.dispatch({ label: `busy ${kernel}`, source }, [numbers], [1 << 10]);
  }
  gpu.host.submit();
  gpu[Symbol.dispose]();
  await devicesIdle();
  Deno.exit(7);
}
