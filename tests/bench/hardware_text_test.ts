import assert from "node:assert/strict";
import type { StepResult } from "./hardware/results.ts";
import { testOf } from "./hardware/tap.ts";
import { figure, kernelLines, stepLines } from "./hardware/text.ts";

const STEP: StepResult = {
  name: "lite 16",
  way: "webgpu",
  kernels: "hardware",
  hostMs: 0.6123,
  deviceMs: 2.5,
  imagesPerSecond: 6133.2,
  tuneSeconds: 9.87,
  firstStepSeconds: null,
  calls: { createBuffer: 0, createBindGroup: 0, getMappedRange: 0, submit: 1, writeBuffer: 2 },
};

Deno.test("bench hardware: steps are held against PyTorch's in f32, where there are any", () => {
  const torch: StepResult = {
    ...STEP,
    way: "PyTorch f32",
    kernels: null,
    imagesPerSecond: 3066.6,
    calls: null,
  };
  const lines = stepLines("lite 16", [STEP, torch]);
  assert.match(lines[0]!, /^lite 16 +images\/s +of f32 +device ms +host ms +tuning s/);
  assert.match(lines[1]!, /^ {2}ours on webgpu +6,133 +2.00x +2.50 +0.61 +9.87 +–$/);
  assert.match(lines[2]!, /^ {2}PyTorch f32 +3,067 +1.00x/);
  assert.match(lines[3]!, /kernels for hardware: host 0.61 ms a step; createBuffer 0,.* submit 1/);
  assert.equal(lines.length, 4);
  assert.match(stepLines("lite 16", [STEP])[1]!, /6,133 +–/);
  assert.deepEqual([0.123, 9.99, 43.64, 170.6, null].map(figure), [
    "0.12",
    "9.99",
    "43.6",
    "171",
    "–",
  ]);
});

Deno.test("bench hardware: a kernel's shares of peak and bandwidth; flops that nobody counted have none", () => {
  const peaks = { flops: 10e12, bandwidth: 1e12 };
  const kernels = [
    { name: "conv2d_tiled", count: 2, ms: 1, flops: 5e9, bytes: 2e8 },
    { name: "repack", count: 1, ms: 1, flops: 0, bytes: 5e8 },
  ];
  const lines = kernelLines({ name: "paper 8", ms: 4, slowest: kernels }, peaks);
  assert.match(lines[0]!, /^paper 8: all dispatches 4.00 ms +ms +of step +MB each/);
  assert.match(lines[1]!, /2 x conv2d_tiled +1.000 +25.0 % +100 +5,000 +50.0 % +200 +20.0 %$/);
  assert.match(lines[2]!, /^ {2}repack +1.000 +25.0 % +500 +– +– +500 +50.0 %$/);
});

Deno.test("testOf() reads the lines of tests in the Test Anything Protocol, and no others", () => {
  assert.deepEqual(testOf("ok 1 - a: \\#1"), { name: "a: #1", passed: true });
  assert.deepEqual(testOf("not ok 12 - b"), { name: "b", passed: false });
  for (
    const other of ["ok 2 - c # SKIP", "    ok 1 - step", "TAP version 14", "1..4", '  {"a":1}']
  ) {
    assert.equal(testOf(other), null, other);
  }
});
