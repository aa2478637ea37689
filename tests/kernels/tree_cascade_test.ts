import assert from "node:assert/strict";
import { placePoints } from "../../kernels/cpu/tree_cascade.ts";
import { placePointsByTree } from "../../kernels/wasm/tree_cascade.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import {
  LoadedCascade,
  toWindowPixels,
  type TreeCascade,
  type TreeCascadeJob,
  type TreeCascadeTuning,
} from "../../kernels/tree_cascade.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { assertClose } from "../comparing/compare.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";

const NUMBERS = 136;

interface Sizes {
  readonly stages: number;
  readonly trees: number;
  readonly depth: number;
  readonly features: number;
}

/** Points on a circle in the box, features near them, and leaves that move the points a little. */
function randomModel({ stages, trees, depth, features }: Sizes, random: Random): TreeCascade {
  const floats = (length: number, size: number) =>
    Float32Array.from({ length }, () => size * random.normal());
  const splits = stages * trees * (2 ** depth - 1);
  return {
    stages,
    trees,
    depth,
    features,
    initial: Float32Array.from({ length: NUMBERS }, (_, n) => {
      const angle = Math.floor(n / 2) / 68 * 2 * Math.PI;
      return 0.5 + 0.35 * (n % 2 ? Math.sin(angle) : Math.cos(angle));
    }),
    anchors: Uint32Array.from({ length: stages * features }, () => random.integer(68)),
    deltas: floats(2 * stages * features, 0.1),
    pairs: Uint32Array.from(
      { length: splits },
      () => random.integer(features) + random.integer(features) * 0x10000,
    ),
    // A tenth off whole numbers, so that equal brightness in f32 and f64 decides equally.
    thresholds: floats(splits, 20).map((value) => Math.round(value) + 0.1),
    leaves: floats(stages * trees * 2 ** depth * NUMBERS, 0.2 / Math.sqrt(stages * trees)),
  };
}

/** Smooth pictures of odd sizes with turned boxes, some of which reach beyond their windows. */
function randomJob(faces: number, random: Random): TreeCascadeJob {
  const windows = new Uint32Array(3 * faces);
  const boxes = new Float32Array(6 * faces);
  let first = 0;
  for (let face = 0; face < faces; face++) {
    const [width, height] = [37 + random.integer(60), 41 + random.integer(60)];
    windows.set([first, width, height], 3 * face);
    first += width * height;
    const angle = 0.5 * random.normal();
    const [right, down] = [20 + 60 * random.next(), 20 + 60 * random.next()];
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const corner = [30 * random.next() - 8, 30 * random.next() - 8];
    boxes.set([...corner, right * cos, right * sin, -down * sin, down * cos], 6 * face);
  }
  const pixels = new Uint8Array(first);
  for (let face = 0; face < faces; face++) {
    const [start, width, height] = windows.subarray(3 * face) as unknown as number[];
    const [a, b, c] = [random.next(), random.next(), 6 * random.next()];
    for (let i = 0; i < width! * height!; i++) {
      const [x, y] = [i % width!, Math.floor(i / width!)];
      pixels[start! + i] = 128 + 60 * Math.sin(0.1 * a * x + c) + 60 * Math.cos(0.1 * b * y);
    }
  }
  return { pixels, windows, boxes };
}

async function runKernel(
  gpu: Gpu,
  model: TreeCascade,
  job: TreeCascadeJob,
  tuning?: TreeCascadeTuning,
): Promise<Float32Array> {
  using cascade = new LoadedCascade(gpu, model);
  const buffer = cascade.placePoints(job, tuning);
  const shapes = new Float32Array(await gpu.read(buffer, 4 * NUMBERS * job.windows.length / 3));
  gpu.destroy(buffer);
  toWindowPixels(shapes, job);
  return shapes;
}

/**
 * One stage, one tree, one split, two features on points 0 and 1 of a square of points. Feature 0 lies
 * on the bright left column, feature 1 on the dark right one: the tree goes left, to leaf 0, which
 * moves point 0 by a quarter of the box.
 */
const HAND: { model: TreeCascade; job: TreeCascadeJob; expected: Float64Array } = (() => {
  const corners = [0, 0, 1, 0, 1, 1, 0, 1];
  const initial = Float32Array.from({ length: NUMBERS }, (_, n) => corners[n % 8]!);
  const leaves = new Float32Array(2 * NUMBERS);
  leaves[0] = 0.25;
  leaves[NUMBERS + 1] = 0.5;
  const model: TreeCascade = {
    ...{ stages: 1, trees: 1, depth: 1, features: 2, initial, leaves },
    anchors: Uint32Array.of(0, 1),
    deltas: new Float32Array(4),
    pairs: Uint32Array.of(0 + 1 * 0x10000),
    thresholds: Float32Array.of(99.5),
  };
  const job: TreeCascadeJob = {
    pixels: Uint8Array.of(100, 0, 0, 0, 0, 0, 0, 0, 0),
    windows: Uint32Array.of(0, 3, 3),
    boxes: Float32Array.of(0, 0, 2, 0, 0, 2),
  };
  const expected = Float64Array.from(initial, (value) => 2 * value);
  expected[0] = 0.5;
  return { model, job, expected };
})();

const EXACT = { relative: 1e-6, what: "by hand" };

Deno.test("placePoints() and placePointsByTree() place points as computed by hand", () => {
  assertClose(placePoints(HAND.model, HAND.job), HAND.expected, EXACT);
  assertClose(placePointsByTree(HAND.model, HAND.job), HAND.expected, EXACT);
  // Half a level darker, the split no longer holds: leaf 1 moves point 0 down by half the box.
  const dark = { ...HAND.job, pixels: Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0, 0) };
  const expected = Float64Array.from(HAND.expected);
  expected.set([0, 1]);
  assertClose(placePoints(HAND.model, dark), expected, EXACT);
  assertClose(placePointsByTree(HAND.model, dark), expected, EXACT);
});

gpuTest("LoadedCascade.placePoints() places points as computed by hand", async (gpu) => {
  for (const add of ["half", "quad"] as const) {
    assertClose(await runKernel(gpu, HAND.model, HAND.job, { add }), HAND.expected, EXACT);
  }
});

const CASES: readonly (readonly [faces: number, Sizes])[] = [
  [1, { stages: 1, trees: 1, depth: 1, features: 2 }],
  [3, { stages: 2, trees: 7, depth: 2, features: 63 }],
  [9, { stages: 3, trees: 13, depth: 3, features: 64 }],
  [65, { stages: 2, trees: 33, depth: 4, features: 65 }],
  [2, { stages: 2, trees: 20, depth: 5, features: 130 }],
];

for (const [faces, sizes] of CASES) {
  const seed = faces;
  const name = `${faces} faces, ${JSON.stringify(sizes)}, seed ${seed}`;
  // f32 shares of boxes of up to 80 pixels, a few dozen additions: 1e-5 of the largest coordinate.
  const close = (what: string) => ({ relative: 1e-5, what: `${what}: ${name}` });
  Deno.test(`placePointsByTree() equals the twin: ${name}`, () => {
    const random = new Random(seed);
    const [model, job] = [randomModel(sizes, random), randomJob(faces, random)];
    assertClose(placePointsByTree(model, job), placePoints(model, job), close("by tree"));
  });
  gpuTest(`LoadedCascade.placePoints() equals the twin: ${name}`, async (gpu) => {
    const random = new Random(seed);
    const [model, job] = [randomModel(sizes, random), randomJob(faces, random)];
    const expected = placePoints(model, job);
    for (const add of ["half", "quad"] as const) {
      assertClose(await runKernel(gpu, model, job, { add }), expected, close(add));
    }
  });
}

Deno.test("placePointsByTree() gives a face the same points in any company, seed 8", () => {
  const random = new Random(8);
  const model = randomModel({ stages: 3, trees: 20, depth: 3, features: 40 }, random);
  const job = randomJob(12, random);
  const all = placePointsByTree(model, job);
  for (let face = 0; face < 12; face++) {
    const alone = placePointsByTree(model, {
      pixels: job.pixels,
      windows: job.windows.slice(3 * face, 3 * face + 3),
      boxes: job.boxes.slice(6 * face, 6 * face + 6),
    });
    assert.deepEqual(alone, all.slice(NUMBERS * face, NUMBERS * (face + 1)), `face ${face}`);
  }
});

gpuTest("LoadedCascade takes an empty job and refuses wrong ones", async (gpu) => {
  const empty = {
    pixels: new Uint8Array(0),
    windows: new Uint32Array(0),
    boxes: new Float32Array(0),
  };
  assert.equal((await runKernel(gpu, HAND.model, empty)).length, 0);
  assert.equal(placePointsByTree(HAND.model, empty).length, 0);
  const short = { ...HAND.job, pixels: new Uint8Array(8) };
  const message = "Cannot place points: window 0 of 3x3 at 0 ends beyond the 8 pixels";
  assert.throws(() => placePointsByTree(HAND.model, short), { name: "TypeError", message });
  using cascade = new LoadedCascade(gpu, HAND.model);
  assert.throws(() => cascade.placePoints(short), { name: "TypeError", message });
  assert.throws(() => cascade.placePoints({ ...HAND.job, boxes: new Float32Array(4) }), {
    message: "Cannot place points: windows must be [B, 3] and boxes [B, 6], got 3 and 4 numbers",
  });
  assert.throws(() => new LoadedCascade(gpu, { ...HAND.model, depth: 9 }), RangeError);
});
