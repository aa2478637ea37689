import assert from "node:assert/strict";
import { join } from "node:path";
import type { TreeCascade } from "../../../kernels/tree_cascade_job.ts";
import { PREDICTOR_FILE, readPredictor } from "../../../pipeline/landmarks.ts";
import { parseShapePredictor } from "../../../pipeline/landmarks/placing/shape_predictor_file.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { DLIB_MODEL } from "../../contexts/dlib_context.ts";
import { drawFace } from "../../fixtures/drawn_face.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import {
  partsOf,
  type PredictorParts,
  smallPredictor,
  writeShapePredictor,
} from "../../fixtures/shape_predictor_writer.ts";

const NUMBERS = 136;

function makeModel(seed: number): TreeCascade {
  const random = new Random(seed);
  const initial = Float32Array.from({ length: NUMBERS }, () => random.next());
  return smallPredictor(random, initial);
}

/** Reads the file of small predictor 1 after a change of its parts. */
function readChanged(change: (parts: PredictorParts) => void): TreeCascade {
  const parts = partsOf(makeModel(1));
  change(parts);
  return parseShapePredictor(writeShapePredictor(parts), "small.dat");
}

Deno.test("parseShapePredictor() reads back exactly what was written", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const model = makeModel(seed);
    // Zero, a whole number, the smallest and the largest f32, and negative ones.
    const odd = [0, 7, -1, 256, 65536, 2 ** -149, -(2 ** -126), 3.4028234663852886e38];
    model.leaves.set(odd, 5 * NUMBERS);
    const read = parseShapePredictor(writeShapePredictor(partsOf(model)), "small.dat");
    for (const [name, value] of Object.entries(model)) {
      // Typed arrays compare with their numbers, but not with those in shared memory.
      const plain = (held: number | Float32Array) => typeof held === "number" ? held : [...held];
      assert.deepEqual(plain(read[name as keyof TreeCascade] as number), plain(value), name);
    }
  }
});

Deno.test("parseShapePredictor() refuses what is no predictor of 68 points", () => {
  const fails = (fault: RegExp, change: (parts: PredictorParts) => void) =>
    assert.throws(() => readChanged(change), (error) => {
      assert(error instanceof SyntaxError);
      const start = "Cannot read the shape predictor small.dat: ";
      assert(error.message.startsWith(start), error.message);
      assert.match(error.message.slice(start.length).replace(/ \(byte \d+\)$/, ""), fault);
      return true;
    });
  fails(/^its version is 2, not 1$/, (parts) => parts.version = 2);
  fails(/^it places 5 points, not 68$/, (parts) => parts.initial.length = 10);
  fails(
    /^a split names a feature beyond its 5$/,
    ({ forests }) => forests[1]![2]!.splits[2]![1] = 5,
  );
  fails(
    /^a split names a feature beyond its 5$/,
    ({ forests }) => forests[0]![0]!.splits[0]![0] = 99,
  );
  fails(/^68 is not within 0 to 67$/, ({ anchors }) => anchors[1]![4] = 68);
  fails(/^-1 is not within 0 to 65535$/, ({ forests }) => forests[0]![0]!.splits[0]![0] = -1);
  fails(/^it has 2 trees where 3 are needed$/, ({ forests }) => forests[1]!.pop());
  fails(/^it has 2 splits where 3 are needed$/, ({ forests }) => forests[0]![1]!.splits.pop());
  fails(/^it has 3 leaves where 4 are needed$/, ({ forests }) => forests[0]![1]!.leaves.pop());
  fails(/^a leaf has 135 of 136 numbers$/, ({ forests }) => forests[1]![0]!.leaves[3]!.pop());
  fails(/^it has 1 stages where 2 are needed$/, ({ anchors }) => anchors.pop());
  fails(/^it has 4 features where 5 are needed$/, ({ deltas }) => deltas[1]!.pop());
  fails(/^it has 0 stages/, (parts) => parts.forests = []);
  fails(/^it has 2 stages of 3 trees with a depth of 1\.58/, ({ forests }) => {
    forests.flat().forEach(({ splits }) => splits.pop());
  });
  fails(
    /^101 is not within 0 to 100$/,
    (parts) => parts.forests = Array(101).fill(parts.forests[0]),
  );
  // Larger than any f32: no trained predictor has it, and in memory it would be infinite.
  fails(/^it holds a number that is not finite$/, ({ deltas }) => deltas[0]![0]![1] = 1e39);
});

Deno.test("parseShapePredictor() refuses files of other kinds", async () => {
  const file = writeShapePredictor(partsOf(makeModel(1)));
  const message = (fault: string, byte: number) => ({
    name: "SyntaxError",
    message: `Cannot read the shape predictor a.dat: ${fault} (byte ${byte})`,
  });
  const parse = (bytes: Uint8Array) => parseShapePredictor(bytes, "a.dat");
  const trailing = Uint8Array.of(...file, 0);
  assert.throws(() => parse(trailing), message("more follows after its end", file.length));
  assert.throws(() => parse(new Uint8Array()), message("it is cut short", 0));
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46);
  assert.throws(() => parse(jpeg), message("it holds no number where one is needed", 0));
  assert.throws(() => parse(drawFace(40).data), SyntaxError);
  await inFolder(async (folder) => {
    const path = join(folder, PREDICTOR_FILE);
    await assert.rejects(readPredictor(path), Deno.errors.NotFound);
    await Deno.writeFile(path, jpeg);
    await assert.rejects(readPredictor(path), (error: Error) => error.message.includes(path));
    await Deno.writeFile(path, file);
    assert.deepEqual((await readPredictor(path)).initial, makeModel(1).initial);
  });
});

Deno.test("parseShapePredictor() tells a file that is cut short anywhere, seed 2", () => {
  const file = writeShapePredictor(partsOf(makeModel(1)));
  const random = new Random(2);
  const ends = Array.from({ length: 200 }, () => random.integer(file.length));
  for (const end of [...Array(40).keys(), file.length - 1, file.length - 2, ...ends]) {
    assert.throws(
      () => parseShapePredictor(file.subarray(0, end), "cut.dat"),
      { name: "SyntaxError", message: /^Cannot read .* cut\.dat: it is cut short \(byte \d+\)$/ },
      `cut at ${end}`,
    );
  }
});

const PAGE = 65536;

/** Runs `work` and returns the bytes of the largest memory that it asked for. */
function largestMemory(work: () => void): number {
  const { Memory } = WebAssembly;
  let most = 0;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      most = Math.max(most, PAGE * descriptor.initial);
      super(descriptor);
    }
  };
  try {
    work();
  } finally {
    WebAssembly.Memory = Memory;
  }
  return most;
}

Deno.test("parseShapePredictor() asks for no more memory than the file can fill", () => {
  const parts = partsOf(makeModel(1));
  const [header] = [writeShapePredictor({ ...parts, forests: [], anchors: [], deltas: [] })];
  // 100 stages, 5000 trees, 15 splits: 4.4 GB of leaves if they were there.
  const claim = Uint8Array.of(...header.subarray(0, -6), 1, 100, 2, 0x88, 0x13, 1, 15);
  const parse = () => parseShapePredictor(claim, "claim.dat");
  const most = largestMemory(() =>
    assert.throws(parse, { message: /claim\.dat: it is cut short \(byte \d+\)$/ })
  );
  assert.equal(most, 0);
  const model = makeModel(1);
  const whole = writeShapePredictor(parts);
  const needed = 4 * (model.leaves.length + 2 * model.pairs.length);
  // The hook sees what is asked for.
  assert.equal(
    largestMemory(() => parseShapePredictor(whole, "whole.dat")),
    PAGE * Math.ceil(needed / PAGE),
  );
});

Deno.test("parseShapePredictor() survives 300 damaged files, seed 3", () => {
  const file = writeShapePredictor(partsOf(makeModel(1)));
  const random = new Random(3);
  let refused = 0;
  for (let i = 0; i < 300; i++) {
    const bytes = file.slice();
    // Half of them in the head, where the sizes are.
    const range = i % 2 === 0 ? 900 : bytes.length;
    for (let k = random.integer(3); k >= 0; k--) bytes[random.integer(range)] = random.integer(256);
    const most = largestMemory(() => {
      try {
        assertValid(parseShapePredictor(bytes, "damaged.dat"));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        refused++;
      }
    });
    assert(most <= file.length + PAGE, `mutation ${i}: ${most} bytes for a file of ${file.length}`);
  }
  assert(refused > 100 && refused < 300, `${refused} were refused`);
});

/** Every number is finite, and every index is within its array. */
function assertValid(model: TreeCascade): void {
  const { stages, trees, depth, features, initial, anchors, deltas } = model;
  const splits = stages * trees * (2 ** depth - 1);
  assert.deepEqual(
    [initial, anchors, deltas, model.pairs, model.thresholds, model.leaves].map((a) => a.length),
    [
      NUMBERS,
      stages * features,
      2 * stages * features,
      splits,
      splits,
      stages * trees * 2 ** depth * NUMBERS,
    ],
  );
  for (const numbers of [initial, deltas, model.thresholds, model.leaves]) {
    assert(numbers.every(Number.isFinite));
  }
  assert(anchors.every((point) => point < 68));
  assert(model.pairs.every((pair) => (pair & 0xffff) < features && pair >>> 16 < features));
}

Deno.test({
  name: "writeShapePredictor() writes the bytes that dlib wrote",
  ignore: DLIB_MODEL === null,
  async fn() {
    const file = await Deno.readFile(DLIB_MODEL as string);
    const model = parseShapePredictor(file, "dlib");
    assert.deepEqual([model.stages, model.trees, model.depth, model.features], [15, 500, 4, 500]);
    // The first stage's trees are enough; the file's number of stages is another.
    const one = { ...partsOf({ ...model, stages: 1 }), anchors: [], deltas: [] };
    const written = writeShapePredictor(one).subarray(0, -4);
    const at = writeShapePredictor({ ...one, forests: [] }).length - 6;
    assert.deepEqual([...file.subarray(at, at + 2)], [1, 15]);
    const expected = file.slice(0, written.length);
    expected[at + 1] = 1;
    assert.equal(written.findIndex((byte, i) => byte !== expected[i]), -1);
  },
});
