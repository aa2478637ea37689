/**
 * GFLOP/s of every family of convolution kernels on the layers of the preset `lite`, by the device's own
 * clock: what tuning chooses from. `--paper` takes the layers of the preset `paper`, `--batch N` sets the
 * batch (8), `--f16` adds the tiles that hold half precision.
 */

import "../../pipeline/cli/environment.ts";
import { outputSize } from "../../kernels/convolution/conv2d_shape.ts";
import { type Family, operationKey } from "../../kernels/convolution.ts";
import { Gpu } from "../../kernels/webgpu/gpu.ts";
import { TILES } from "../../kernels/convolution/tiles.ts";
import { familyName, measuredShape, timeFamilies } from "../../kernels/tuning/tuning.ts";
import { trainingJobs } from "../../pipeline/compute/kernel_choices.ts";
import { PRESETS } from "../../pipeline/network/presets.ts";
import { print } from "./measuring.ts";

async function main(args: readonly string[]): Promise<void> {
  using gpu = await Gpu.open();
  if (!gpu) return print("There is no WebGPU adapter");
  gpu.halfPrecision = args.includes("--f16") && gpu.device.features.has("shader-f16");
  const at = args.indexOf("--batch");
  const batch = at < 0 ? 8 : Number(args[at + 1]);
  const halves = gpu.halfPrecision ? TILES.map((tile) => ({ ...tile, half: true })) : [];
  const families: Family[] = [...halves, ...TILES, "registers"];
  const { network } = PRESETS[args.includes("--paper") ? "paper" : "lite"];
  print(`${gpu.info.description || gpu.info.device}, GFLOP/s`);
  for (const job of trainingJobs(network, batch)) {
    const shape = measuredShape(job);
    const [height, width] = outputSize(shape);
    const products = shape.batch * height * width * shape.filters * shape.channels;
    const flops = 2 * products * shape.kernelHeight * shape.kernelWidth;
    print(`${operationKey(job.operation, shape)}, batch ${shape.batch}`);
    for (const [family, seconds] of await timeFamilies(gpu, job, families)) {
      print(`  ${familyName(family).padEnd(28)}${(flops / seconds / 1e9).toFixed(1).padStart(9)}`);
    }
  }
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit();
}
