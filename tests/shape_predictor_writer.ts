/**
 * Predictors in the form in which dlib saves them, for tests of who reads them.
 *
 * @module
 */

import type { TreeCascade } from "../kernels/tree_cascade_job.ts";
import type { Random } from "../pipeline/random.ts";

/** A predictor's numbers, as dlib nests them. */
export interface PredictorParts {
  version: number;
  /** x0, y0, x1, y1, … */
  initial: number[];
  /** The trees of each stage. */
  forests: Tree[][];
  /** For each stage the points that the features move with. */
  anchors: number[][];
  /** For each stage x and y of each feature. */
  deltas: number[][][];
}

/** A tree of a predictor. */
export interface Tree {
  /** Two features and a threshold each. */
  splits: [first: number, second: number, threshold: number][];
  leaves: number[][];
}

/** A model's numbers, as dlib nests them. */
export function partsOf(model: TreeCascade): PredictorParts {
  const { stages, trees, depth, features, initial } = model;
  const splits = 2 ** depth - 1;
  const treeOf = (tree: number): Tree => ({
    splits: count(splits, (i) => {
      const pair = model.pairs[tree * splits + i]!;
      return [pair & 0xffff, pair >>> 16, model.thresholds[tree * splits + i]!];
    }),
    leaves: count(splits + 1, (i) => {
      const from = (tree * (splits + 1) + i) * initial.length;
      return [...model.leaves.subarray(from, from + initial.length)];
    }),
  });
  return {
    version: 1,
    initial: [...initial],
    forests: count(stages, (stage) => count(trees, (tree) => treeOf(stage * trees + tree))),
    anchors: count(
      stages,
      (stage) => [...model.anchors.subarray(stage * features).slice(0, features)],
    ),
    deltas: count(stages, (stage) =>
      count(features, (feature) => {
        const at = 2 * (stage * features + feature);
        return [model.deltas[at]!, model.deltas[at + 1]!];
      })),
  };
}

/** The file that dlib would save. */
export function writeShapePredictor(parts: PredictorParts): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const list = <T>(items: readonly T[], write: (item: T) => void) => {
    integer(bytes, items.length);
    items.forEach(write);
  };
  const real = (value: number) => writeReal(bytes, value);
  const column = (values: readonly number[]) => {
    integer(bytes, -values.length);
    integer(bytes, -1);
    values.forEach(real);
  };
  integer(bytes, parts.version);
  column(parts.initial);
  list(parts.forests, (forest) =>
    list(forest, ({ splits, leaves }) => {
      list(splits, ([first, second, threshold]) => {
        integer(bytes, first);
        integer(bytes, second);
        real(threshold);
      });
      list(leaves, column);
    }));
  list(parts.anchors, (stage) => list(stage, (point) => integer(bytes, point)));
  list(parts.deltas, (stage) => list(stage, (delta) => delta.forEach(real)));
  return Uint8Array.from(bytes);
}

/** A byte with length and sign, then the magnitude, lowest byte first. */
function integer(bytes: number[], value: number): void {
  const control = bytes.push(0) - 1;
  let rest = Math.abs(value);
  do {
    bytes.push(rest % 256);
    rest = Math.floor(rest / 256);
  } while (rest > 0);
  bytes[control] = bytes.length - 1 - control + (value < 0 ? 0x80 : 0);
}

/** Bits of an f32's mantissa. */
const DIGITS = 24;

/** Mantissa and exponent of 2; low bytes of the mantissa that are zero are left out. */
function writeReal(bytes: number[], value: number): void {
  let mantissa = value;
  let exponent = 0;
  while (mantissa !== 0 && Math.abs(mantissa) < 2 ** (DIGITS - 1)) {
    [mantissa, exponent] = [mantissa * 2, exponent - 1];
  }
  while (Math.abs(mantissa) >= 2 ** DIGITS) [mantissa, exponent] = [mantissa / 2, exponent + 1];
  if (mantissa === 0) exponent = -DIGITS;
  for (let i = 0; i < 8 && mantissa % 256 === 0; i++) {
    mantissa /= 256;
    exponent += 8;
  }
  integer(bytes, mantissa);
  integer(bytes, exponent);
}

/** Sizes of a predictor. */
type Sizes = Pick<TreeCascade, "stages" | "trees" | "depth" | "features">;

const SMALL: Sizes = { stages: 2, trees: 3, depth: 2, features: 5 };

/** A predictor whose points begin at `initial` and are moved a little by trees of little sense. */
export function smallPredictor(
  random: Random,
  initial: Float32Array,
  leaf = 0.01,
  { stages, trees, depth, features }: Sizes = SMALL,
): TreeCascade {
  const floats = (length: number, size: number) =>
    Float32Array.from({ length }, () => size * random.normal());
  const splits = stages * trees * (2 ** depth - 1);
  const feature = () => random.integer(features);
  return {
    ...{ stages, trees, depth, features, initial },
    anchors: Uint32Array.from({ length: stages * features }, () => random.integer(68)),
    deltas: floats(2 * stages * features, 0.1),
    pairs: Uint32Array.from({ length: splits }, () => feature() + feature() * 0x10000),
    thresholds: floats(splits, 20),
    leaves: floats(stages * trees * 2 ** depth * initial.length, leaf),
  };
}

function count<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}
