/** The tiles of the convolutions on hardware: what a workgroup and an invocation make. */

import { grid, type Kernel } from "../webgpu/kernel.ts";
import order from "../wgsl/convolution/tile_order.wgsl" with { type: "text" };

/** How a product of matrices is divided; WebGPU's default 16 KiB of workgroup memory hold every one. */
export interface Tile {
  /** Rows of the product (pixels, or numbers of a window) that one invocation makes. */
  readonly rows: 4 | 8;
  /** Columns (channels) that one invocation makes. */
  readonly columns: 4 | 8;
  /** Invocations along the rows: a power of two from `columns` to four times as many. */
  readonly down: number;
  /** Invocations along the columns: a power of two from `rows` to four times as many, at least 8. */
  readonly across: number;
  /** Whether workgroup memory holds f16; sums are f32 all the same. */
  readonly half: boolean;
  /** Rows of blocks that go through the columns together, as `tile_order.wgsl` says; 1 unless given. */
  readonly group?: number;
  /** Whether convolutions by 3x3 go by Winograd's transformations, see `winograd_tiled.ts`; then never f16. */
  readonly winograd?: boolean;
}

/**
 * Tiles worth measuring. The larger, the fewer bytes are loaded for a multiplication; the smaller, the
 * more of them there are for a small product and the less of them lies past its end. 8x8 sums an
 * invocation keep multiplications ahead of loads, where there are the registers for it.
 */
export const TILES: readonly Tile[] = [
  tile(8, 8, 16, 16),
  tile(8, 8, 16, 8),
  tile(8, 4, 16, 16),
  tile(8, 8, 8, 8),
  tile(8, 4, 8, 16),
  tile(4, 4, 16, 16),
  tile(8, 4, 16, 8),
  tile(4, 4, 8, 8),
];

/** What hardware takes without a measurement: 64 x 64, and few enough registers for any of it. */
export const DEFAULT_TILE: Tile = tile(8, 4, 8, 16);

/**
 * `128x64, 8x8 each`, with `, f16` behind it where that is what workgroup memory holds, and `, by 8` where
 * as many rows go together; `winograd, …` for that way.
 */
export function tileName({ rows, columns, down, across, half, group = 1, winograd }: Tile): string {
  const block = `${rows * down}x${columns * across}`;
  const by = group > 1 ? `, by ${group}` : "";
  return `${winograd ? "winograd, " : ""}${block}, ${rows}x${columns} each${
    half ? ", f16" : ""
  }${by}`;
}

/**
 * What a gradient is multiplied by before it becomes f16, whose normal numbers end at 6e-5: those of a
 * mean over all masks of a batch are around 1e-6, and none comes near 16, where this would overflow.
 */
const GRADIENT_SCALE = 4096;

/** A kernel with a tile's constants; `gradient` says whether one of its factors is one. */
export function tiledKernel(
  { label, source, gradient }: Pick<Kernel, "label" | "source"> & { readonly gradient: boolean },
  tile: Tile,
  geometry: Readonly<Record<string, number>>,
): Kernel {
  const { rows, columns, down, across, half, group = 1 } = tile;
  const sizes = {
    ROWS4: rows / 4,
    COLUMNS4: columns / 4,
    DOWN: down,
    ACROSS: across,
    GROUP: group,
  };
  return {
    label,
    source: source + order,
    constants: { ...geometry, ...sizes, SCALE: { float: half && gradient ? GRADIENT_SCALE : 1 } },
    aliases: { S: half ? "f16" : "f32" },
    features: half ? ["f16"] : [],
  };
}

/**
 * Multiprocessors of a large device (an H200's). One that has a few less or more loses a few hundredths by
 * what is chosen for these.
 */
const PROCESSORS = 132;
/** Workgroups on a multiprocessor that hide each other's waiting, as far as a split is worth it. */
const ENOUGH_EACH = 4;
/** Most workgroups on each for the sake of an even end: the last of eight may be alone for an eighth at most. */
const MOST_EACH = 12;
/**
 * Multiplications that a multiprocessor makes while as many bytes of partial sums are moved by one: 30 TFLOP/s,
 * as the tiles were measured at on an H200, and 3 TB/s of 4.8, shared by all.
 */
const PRODUCTS_A_BYTE = 5;
/** Numbers of the inner dimension that a workgroup takes at a time, as the shaders say. */
const INNER_STEP = 16;
/** Fewest steps of a split, so that adding up stays the smaller part. */
const LEAST_STEPS = 8;
/** Bytes of partial sums. */
const PARTS_LIMIT = 2 ** 26;

interface TiledDispatch {
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** Inner numbers of a split; a multiple of {@linkcode INNER_STEP}. */
  readonly step: number;
  readonly splits: number;
}

/**
 * Divides a product of [rows, inner] by [inner, columns] into workgroups. The inner sum is split where blocks
 * are few, or where their number leaves multiprocessors idle at the end: of 576 blocks 132 take a fifth round
 * for the last 48, which two splits make 1152 and a ninth round for 96.
 *
 * @param products How many of that size are made at once.
 */
export function divide(
  { rows, columns, down, across }: Tile,
  size: Record<"rows" | "columns" | "inner", number>,
  products: number = 1,
): TiledDispatch {
  const [high, wide] = [rows * down, columns * across];
  const each = Math.ceil(size.rows / high) * Math.ceil(size.columns / wide);
  const tiles = products * each;
  const steps = Math.ceil(size.inner / INNER_STEP);
  const numbers = products * size.rows * size.columns;
  const most = Math.max(
    1,
    Math.min(Math.floor(PARTS_LIMIT / (4 * numbers)), Math.floor(steps / LEAST_STEPS)),
  );
  /** Products that a multiprocessor makes meanwhile. */
  const cost = (splits: number) => {
    const blocks = Math.max(Math.ceil(tiles * splits / PROCESSORS), ENOUGH_EACH);
    const multiplied = blocks * Math.ceil(steps / splits) * INNER_STEP * high * wide;
    // Each split is written and read, and the sum written.
    return multiplied +
      (splits > 1 ? PRODUCTS_A_BYTE * 4 * (2 * splits + 1) * numbers / PROCESSORS : 0);
  };
  let [best, least] = [1, cost(1)];
  for (let blocks = 1; blocks <= MOST_EACH; blocks++) {
    const splits = Math.min(Math.max(1, Math.floor(blocks * PROCESSORS / tiles)), most);
    if (cost(splits) < least) [best, least] = [splits, cost(splits)];
  }
  const stepsEach = Math.ceil(steps / best);
  const splits = Math.ceil(steps / stepsEach);
  return { workgroups: [...grid(each), products * splits], step: stepsEach * INNER_STEP, splits };
}

function tile(rows: 4 | 8, columns: 4 | 8, down: number, across: number): Tile {
  return { rows, columns, down, across, half: false };
}
