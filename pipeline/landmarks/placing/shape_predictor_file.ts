/**
 * Reading dlib's `shape_predictor` files, such as `shape_predictor_68_face_landmarks.dat`.
 *
 * dlib writes an integer as a byte with its length (and, in the highest bit, its sign) and as many
 * bytes of its magnitude, lowest first; a real number as two integers, mantissa and exponent of 2; a
 * matrix as its negated numbers of rows and columns and then its elements; a list as its length and
 * then its elements. A predictor is its version (1), the initial shape, the trees of every stage
 * (splits, then leaves), the point that every feature moves with, and how far it lies from it.
 *
 * Source: dlib 19.24, serialize.h, float_details.h and image_processing/shape_predictor.h.
 */

import { allocateTrees, type TreeCascade } from "../../../kernels/tree_cascade_job.ts";

/** Sizes beyond these are taken for damage, before memory is asked for. */
const MOST = { stages: 100, trees: 5000, depth: 7, features: 65536 } as const;
/** x and y of 68 points; dlib's smaller model of 5 points is of no use here. */
const COORDINATES = 136;
/** A real number takes two integers of two bytes at least: no less than it takes in memory. */
const LEAST_REAL_BYTES = 4;

/**
 * Reads a predictor whose stages have equally many trees of equal depth and equally many features, as
 * dlib trains them.
 *
 * The large arrays lie in shared memory: worker threads can be given them without a copy.
 *
 * @param name What error messages call the file.
 * @throws {SyntaxError} If the bytes are no such predictor, or are cut short.
 */
export function parseShapePredictor(bytes: Uint8Array, name: string): TreeCascade {
  const reader = new Reader(bytes, name);
  const version = reader.integer();
  if (version !== 1) reader.fail(`its version is ${version}, not 1`);
  const length = reader.matrix();
  if (length !== COORDINATES) reader.fail(`it places ${length / 2} points, not 68`);
  const initial = new Float32Array(COORDINATES).map(() => reader.real());
  const forests = readForests(reader);
  const features = readFeatures(reader, forests.stages);
  if (!reader.ended) reader.fail("more follows after its end");
  const count = features.anchors.length / forests.stages;
  for (const pair of forests.pairs) {
    if ((pair & 0xffff) < count && pair >>> 16 < count) continue;
    reader.fail(`a split names a feature beyond its ${count}`);
  }
  return { ...forests, ...features, features: count, initial };
}

type Forests = Pick<
  TreeCascade,
  "stages" | "trees" | "depth" | "pairs" | "thresholds" | "leaves" | "memory"
>;

function readForests(reader: Reader): Forests {
  const forests = allocateForests(reader);
  const { stages, trees, depth, pairs, thresholds, leaves } = forests;
  let [split, leaf] = [0, 0];
  reader.list(stages, "stages");
  for (let stage = 0; stage < stages; stage++) {
    reader.list(trees, "trees");
    for (let tree = 0; tree < trees; tree++) {
      reader.list(2 ** depth - 1, "splits");
      for (const end = split + 2 ** depth - 1; split < end; split++) {
        pairs[split] = reader.natural(0xffff) + reader.natural(0xffff) * 0x10000;
        thresholds[split] = reader.real();
      }
      reader.list(2 ** depth, "leaves");
      for (let n = 0; n < 2 ** depth; n++) {
        const length = reader.matrix();
        if (length !== COORDINATES) reader.fail(`a leaf has ${length} of ${COORDINATES} numbers`);
        for (const end = leaf + COORDINATES; leaf < end; leaf++) leaves[leaf] = reader.real();
      }
    }
  }
  return forests;
}

/** Looks ahead for the sizes. */
function allocateForests(reader: Reader): Forests {
  const ahead = reader.fork();
  const stages = ahead.natural(MOST.stages);
  const trees = ahead.natural(MOST.trees);
  const depth = Math.log2(ahead.natural(2 ** MOST.depth) + 1);
  const leaves = stages * trees * 2 ** depth * COORDINATES;
  if (!(leaves > 0) || depth < 1 || depth % 1 !== 0) {
    reader.fail(`it has ${stages} stages of ${trees} trees with a depth of ${depth}`);
  }
  if (LEAST_REAL_BYTES * leaves > reader.left) reader.fail("it is cut short");
  return { stages, trees, depth, ...allocateTrees({ stages, trees, depth }, COORDINATES) };
}

function readFeatures(
  reader: Reader,
  stages: number,
): Pick<TreeCascade, "anchors" | "deltas"> {
  reader.list(stages, "stages");
  const features = reader.fork().natural(MOST.features);
  if (2 * LEAST_REAL_BYTES * stages * features > reader.left) reader.fail("it is cut short");
  const anchors = new Uint32Array(stages * features);
  const deltas = new Float32Array(2 * anchors.length);
  for (let at = 0; at < anchors.length; at++) {
    if (at % features === 0) reader.list(features, "features");
    anchors[at] = reader.natural(COORDINATES / 2 - 1);
  }
  reader.list(stages, "stages");
  for (let at = 0; at < deltas.length; at++) {
    if (at % (2 * features) === 0) reader.list(features, "features");
    deltas[at] = reader.real();
  }
  return { anchors, deltas };
}

/** Reads dlib's numbers one after the other. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at: number;

  constructor(bytes: Uint8Array, name: string, at = 0) {
    this.#bytes = bytes;
    this.#name = name;
    this.#at = at;
  }

  /** Whether all has been read. */
  get ended(): boolean {
    return this.left === 0;
  }

  /** How many bytes follow. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A reader that starts here and does not move this one. */
  fork(): Reader {
    return new Reader(this.#bytes, this.#name, this.#at);
  }

  /** An integer; exact up to 2^53. */
  integer(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const control = bytes[at++] ?? this.fail("it is cut short");
    const end = at + (control & 0x0f);
    if (end === at || control & 0x70 || end - at > 8) {
      this.fail("it holds no number where one is needed");
    }
    if (end > bytes.length) this.fail("it is cut short");
    let value = 0;
    for (let scale = 1; at < end; scale *= 256) value += bytes[at++]! * scale;
    this.#at = at;
    return control & 0x80 ? -value : value;
  }

  /** An integer from 0 to `most`. */
  natural(most: number): number {
    const value = this.integer();
    return value >= 0 && value <= most ? value : this.fail(`${value} is not within 0 to ${most}`);
  }

  /** A real number that is finite in f32. */
  real(): number {
    const mantissa = this.integer();
    const exponent = this.integer();
    // From 32000 on, the exponent stands for infinities and NaN, which no trained predictor holds.
    const value = mantissa * 2 ** exponent;
    return Number.isFinite(Math.fround(value))
      ? value
      : this.fail("it holds a number that is not finite");
  }

  /** Begins a matrix; returns how many numbers it has. */
  matrix(): number {
    return Math.abs(this.integer()) * Math.abs(this.integer());
  }

  /** Begins a list, whose length is known. */
  list(length: number, what: string): void {
    const found = this.integer();
    if (found !== length) this.fail(`it has ${found} ${what} where ${length} are needed`);
  }

  fail(fault: string): never {
    throw new SyntaxError(
      `Cannot read the shape predictor ${this.#name}: ${fault} (byte ${this.#at})`,
    );
  }
}
