import assert from "node:assert/strict";
import { rasterize as rasterizeTwin } from "../../kernels/cpu/rasterize.ts";
import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import { rasterize, type RasterizeJob, type RasterizeTuning } from "../../kernels/rasterize.ts";
import { sampleGrid } from "../../kernels/sample_grid.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";
import { drawWithOpenCv, FILL_POLY, isOpenCv } from "../contexts/open_cv_context.ts";

/** A triangle with a right angle at (1, 1), legs of 3 pixels; row 4 and column 0 stay empty. */
const TRIANGLE: RasterizeJob = {
  polygons: Int32Array.of(1, 1, 4, 1, 1, 4),
  counts: Uint32Array.of(3),
  regions: 1,
  source: { height: 6, width: 6 },
  mask: { height: 6, width: 6 },
};

const TRIANGLE_PIXELS = `
......
.####.
.###..
.##...
.#....
......`.trim().split("\n");

/** The pixels of polygon 0 as rows of text. */
function asText(bits: Uint32Array, width: number): string[] {
  const text = Array.from(bits, (word) => word & 1 ? "#" : ".").join("");
  return Array.from(
    { length: bits.length / width },
    (_, i) => text.slice(i * width, (i + 1) * width),
  );
}

/** Fails at the first pixel that differs, saying where it is and what was expected. */
function assertSameBits(got: Uint32Array, expected: Uint32Array, job: RasterizeJob, name: string) {
  assert.equal(got.length, expected.length, `${name}: number of pixels`);
  const at = expected.findIndex((word, pixel) => word !== got[pixel]);
  if (at < 0) return;
  const { height, width } = job.mask;
  const different = expected.filter((word, pixel) => word !== got[pixel]).length;
  const [image, rest] = [Math.floor(at / (height * width)), at % (height * width)];
  assert.fail(
    `${name}: ${different} pixels differ, first image ${image}, row ${Math.floor(rest / width)}, ` +
      `column ${rest % width}: got ${got[at]?.toString(2)}, expected ${expected[at]?.toString(2)}`,
  );
}

async function drawOnGpu(
  gpu: Gpu,
  job: RasterizeJob,
  tuning?: RasterizeTuning,
): Promise<Uint32Array> {
  const buffer = rasterize(gpu, job, undefined, tuning);
  const bits = new Uint32Array(await gpu.read(buffer));
  gpu.destroy(buffer);
  return bits.subarray(0, (job.counts.length / job.regions) * job.mask.height * job.mask.width);
}

/** Polygons of 3 to 24 vertices: most near the image, some tiny and degenerate, some far outside. */
function randomJob(random: Random, images: number, regions: number, sizes: readonly number[]) {
  const vertices = 24;
  const counts = new Uint32Array(images * regions).map(() => 3 + random.integer(22));
  const polygons = new Int32Array(images * regions * vertices * 2);
  for (let slot = 0; slot < images * regions; slot++) {
    const kind = random.next();
    const [low, high] = kind < 0.1 ? [-30000, 30000] : kind < 0.3 ? [-3, 12] : [-300, 600];
    for (let value = 0; value < vertices * 2; value++) {
      polygons[slot * vertices * 2 + value] = low + random.integer(high - low + 1);
    }
  }
  const [H, W, h, w] = sizes as [number, number, number, number];
  return {
    polygons,
    counts,
    regions,
    source: { height: H, width: W },
    mask: { height: h, width: w },
  };
}

/** Adds a window, offsets and flips. */
function placed(job: RasterizeJob, random: Random): RasterizeJob {
  const images = job.counts.length / job.regions;
  return {
    ...job,
    window: { height: 1 + random.integer(200), width: 1 + random.integer(200) },
    offsets: new Int32Array(2 * images).map(() => random.integer(241) - 120),
    flips: new Uint8Array(images).map(() => random.integer(2)),
  };
}

Deno.test("the rasteriser's twin draws a triangle as computed by hand", () => {
  assert.deepEqual(asText(rasterizeTwin(TRIANGLE), 6), TRIANGLE_PIXELS);
});

Deno.test("rasterizeRows() draws a triangle as computed by hand", () => {
  assert.deepEqual(asText(rasterizeRows(TRIANGLE), 6), TRIANGLE_PIXELS);
});

gpuTest("rasterize() draws a triangle as computed by hand", async (gpu) => {
  assert.deepEqual(asText(await drawOnGpu(gpu, TRIANGLE), 6), TRIANGLE_PIXELS);
});

Deno.test("assertSameBits() names the pixel that differs", () => {
  const expected = rasterizeTwin(TRIANGLE);
  const wrong = expected.map((word, pixel) => pixel === 6 * 2 + 3 ? 0 : word);
  assert.throws(
    () => assertSameBits(wrong, expected, TRIANGLE, "wrong"),
    /1 pixels differ, first image 0, row 2, column 3: got 0, expected 1/,
  );
});

const ODD_SIZES = [1, 2, 63, 64, 65, 178].flatMap((
  H,
) => [[H, 65, 33, 1], [64, H, 1, 63], [90, 63, H, 65]]);

gpuTest(
  "rasterize() and rasterizeRows() draw what the twin draws, odd sizes, seed 3",
  async (gpu) => {
    const random = new Random(3);
    for (const [i, sizes] of ODD_SIZES.entries()) {
      const plain = randomJob(random, 1 + random.integer(3), 1 + random.integer(16), sizes);
      const job = i % 2 ? placed(plain, random) : plain;
      const expected = rasterizeTwin(job);
      assertSameBits(rasterizeRows(job), expected, job, `rows ${sizes}`);
      assertSameBits(await drawOnGpu(gpu, job), expected, job, `kernel ${sizes}`);
    }
  },
);

Deno.test("rasterizeRows() draws what the twin draws, any placement, seed 4", () => {
  const random = new Random(4);
  for (let i = 0; i < 60; i++) {
    const sizes = Array.from({ length: 4 }, () => 1 + random.integer(120));
    const job = placed(randomJob(random, 2, 5, sizes), random);
    assertSameBits(rasterizeRows(job), rasterizeTwin(job), job, `job ${i}`);
  }
});

gpuTest("rasterize() does not depend on workgroups and chunks, seed 5", async (gpu) => {
  const random = new Random(5);
  const job = placed(randomJob(random, 150, 3, [40, 30, 8, 9]), random);
  const expected = rasterizeRows(job);
  for (const workgroup of [1, 7, 32, 64, 128, 256]) {
    assertSameBits(await drawOnGpu(gpu, job, { workgroup }), expected, job, `of ${workgroup}`);
  }
  for (const chunk of [1, 65, 149]) {
    const tuning = { workgroup: 64, chunk };
    assertSameBits(await drawOnGpu(gpu, job, tuning), expected, job, `by ${chunk}`);
  }
});

gpuTest("rasterize() overwrites the buffer that it is given", async (gpu) => {
  const target = gpu.upload(new Uint32Array(36).fill(0xffffffff));
  assert.equal(rasterize(gpu, TRIANGLE, target), target);
  assert.deepEqual(asText(new Uint32Array(await gpu.read(target)), 6), TRIANGLE_PIXELS);
  gpu.destroy(target);
});

gpuTest("rasterize() takes an empty batch", async (gpu) => {
  const job = { ...TRIANGLE, polygons: new Int32Array(0), counts: new Uint32Array(0) };
  assert.equal((await drawOnGpu(gpu, job)).length, 0);
  assert.equal(rasterizeTwin(job).length, 0);
});

Deno.test("the twin's window, offset and flip are cutting out and mirroring, seed 6", () => {
  const random = new Random(6);
  const whole = randomJob(random, 1, 4, [50, 40, 50, 40]);
  const drawn = rasterizeTwin(whole);
  const [dy, dx] = [7, -5];
  const window = { height: 30, width: 45 };
  const offsets = Int32Array.of(dy, dx);
  const cut = (x: number, y: number) =>
    x + dx < 0 || x + dx >= 40 ? 0 : drawn[(y + dy) * 40 + x + dx];
  for (const flipped of [0, 1]) {
    const job = { ...whole, window, mask: window, offsets, flips: Uint8Array.of(flipped) };
    const expected = Uint32Array.from({ length: 30 * 45 }, (_, pixel) => {
      const x = pixel % 45;
      return cut(flipped ? 44 - x : x, Math.floor(pixel / 45)) as number;
    });
    assertSameBits(rasterizeTwin(job), expected, job, flipped ? "mirrored" : "cut out");
  }
});

Deno.test("sampleGrid() counts the samples before each source index", () => {
  assert.deepEqual(sampleGrid(5, 3), {
    at: Int32Array.of(0, 1, 3),
    before: Int32Array.of(0, 1, 2, 2, 3, 3),
  });
  assert.deepEqual(sampleGrid(2, 4).at, Int32Array.of(0, 0, 1, 1));
});

const REFUSED: [string, Partial<RasterizeJob>, RegExp][] = [
  ["17 polygons an image", { regions: 17 }, /1 to 16 polygons an image, got 17/],
  ["a vertex at 40000", { polygons: Int32Array.of(1, 1, 40000, 1, 1, 4) }, /image 0 lies at 40000/],
  ["counts that do not fit", { counts: Uint32Array.of(3, 3, 3, 3) }, /must be \[B, R, V, 2\]/],
  ["4 of 3 vertices", { counts: Uint32Array.of(4) }, /more than its 3 vertices/],
  [
    "a missing offset",
    { offsets: Int32Array.of(1) },
    /offsets must be \[B, 2\] = 2 numbers, got 1/,
  ],
  ["two flips for one image", { flips: Uint8Array.of(1, 0) }, /flips must be \[B\] = 1 numbers/],
  ["a mask of no rows", { mask: { height: 0, width: 5 } }, /the mask is 0x5/],
];

for (const [what, change, message] of REFUSED) {
  Deno.test(`the twin and rasterizeRows() refuse ${what}`, () => {
    assert.throws(() => rasterizeTwin({ ...TRIANGLE, ...change }), { message });
    assert.throws(() => rasterizeRows({ ...TRIANGLE, ...change }), { message });
  });
}

gpuTest("rasterize() refuses what the twin refuses", (gpu) => {
  for (const [, change, message] of REFUSED) {
    assert.throws(() => rasterize(gpu, { ...TRIANGLE, ...change }), { message });
  }
});

/** Source and mask: CelebA's, no resize, shrinking unevenly, and enlarging. */
const ORACLE_SIZES = [[218, 178, 96, 76], [109, 89, 109, 89], [65, 64, 63, 1], [37, 53, 50, 99]];
const ORACLE_SEED = 20240607;
const ORACLES = {
  anywhere: isOpenCv(FILL_POLY.anywhere, "drawing polygons that leave the image"),
  within: isOpenCv(FILL_POLY.within, "drawing polygons"),
};

/** The job with all vertices moved into the image. */
function movedWithin(job: RasterizeJob): RasterizeJob {
  const { width, height } = job.source;
  const sides = [width, height];
  const polygons = job.polygons.map((value, i) => Math.abs(value) % sides[i % 2]!);
  return { ...job, polygons };
}

const oracleJobs = ORACLE_SIZES.flatMap((sizes) => {
  const job = randomJob(new Random(`${ORACLE_SEED} ${sizes}`), 500, 10, sizes);
  const anywhere = { sizes, job, where: "anywhere" as const, versions: "4.6 and 4.7" };
  // Where the first kind is compared, it has polygons of this kind too.
  if (ORACLES.anywhere && sizes !== ORACLE_SIZES[0]) return [anywhere];
  const versions = "4.6, 4.7 and 4.11 to 5.0";
  return [anywhere, { sizes, job: movedWithin(job), where: "within" as const, versions }];
});

for (const { sizes: [H, W, h, w], job, where, versions } of oracleJobs) {
  const name =
    `5,000 random polygons ${where}${where === "within" ? " the image" : ""} at ${H}x${W} ` +
    `seen at ${h}x${w}, seed ${ORACLE_SEED}`;
  Deno.test({
    name: `the twin and rasterizeRows() draw as OpenCV ${versions} do: ${name}`,
    ignore: !ORACLES[where],
    async fn() {
      const expected = await drawWithOpenCv(job);
      assertSameBits(rasterizeTwin(job), expected, job, "twin");
      assertSameBits(rasterizeRows(job), expected, job, "rows");
    },
  });
  if (!ORACLES[where]) continue;
  gpuTest(`rasterize() draws as OpenCV ${versions} do: ${name}`, async (gpu) => {
    assertSameBits(await drawOnGpu(gpu, job), await drawWithOpenCv(job), job, "kernel");
  });
}

Deno.test("comparisons with OpenCV are made with the versions for which they are known to hold", () => {
  const versions = [
    "4.5.5",
    "4.6.0",
    "4.7.0",
    "4.8.1",
    "4.10.0",
    "4.11.0",
    "4.12.0",
    "4.14.0",
    "5.0.0",
  ];
  const known = (pattern: RegExp) => versions.filter((version) => pattern.test(version));
  assert.deepEqual(known(FILL_POLY.anywhere), ["4.6.0", "4.7.0"]);
  assert.deepEqual(known(FILL_POLY.within), ["4.6.0", "4.7.0", "4.11.0", "4.12.0", "5.0.0"]);
});
