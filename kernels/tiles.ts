/**
 * The tiles of the convolutions on hardware: what a workgroup and an invocation make.
 *
 * @module
 */

import { grid, type Kernel } from "./kernel.ts";

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

/** `128x64, 8x8 each`, with `, f16` behind it where that is what workgroup memory holds. */
export function tileName({ rows, columns, down, across, half }: Tile): string {
  const block = `${rows * down}x${columns * across}`;
  return `${block}, ${rows}x${columns} each${half ? ", f16" : ""}`;
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
  const { rows, columns, down, across, half } = tile;
  const sizes = { ROWS4: rows / 4, COLUMNS4: columns / 4, DOWN: down, ACROSS: across };
  return {
    label,
    source,
    constants: { ...geometry, ...sizes, SCALE: { float: half && gradient ? GRADIENT_SCALE : 1 } },
    aliases: { S: half ? "f16" : "f32" },
    features: half ? ["f16"] : [],
  };
}

/** Workgroups that keep a large device busy; below it the inner sum is split. */
const ENOUGH_WORKGROUPS = 512;
/** Numbers of the inner dimension that a workgroup takes at a time, as the shaders say. */
const INNER_STEP = 16;
/** Fewest steps of a split, so that adding up stays the smaller part. */
const LEAST_STEPS = 8;
/** Bytes of partial sums. */
const PARTS_LIMIT = 2 ** 26;

/** How a product is dispatched. */
export interface TiledDispatch {
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** Inner numbers of a split; a multiple of {@linkcode INNER_STEP}. */
  readonly step: number;
  /** Number of partial sums. */
  readonly splits: number;
}

/** Divides a product of [rows, inner] by [inner, columns] into workgroups. */
export function divide(
  { rows, columns, down, across }: Tile,
  size: Record<"rows" | "columns" | "inner", number>,
): TiledDispatch {
  const tiles = Math.ceil(size.rows / (rows * down)) * Math.ceil(size.columns / (columns * across));
  const steps = Math.ceil(size.inner / INNER_STEP);
  const most = Math.max(1, Math.floor(PARTS_LIMIT / (4 * size.rows * size.columns)));
  const wanted = Math.min(Math.ceil(ENOUGH_WORKGROUPS / tiles), most);
  const stepsEach = Math.max(Math.ceil(steps / wanted), Math.min(LEAST_STEPS, steps));
  const splits = Math.ceil(steps / stepsEach);
  return { workgroups: [...grid(tiles), splits], step: stepsEach * INNER_STEP, splits };
}

function tile(rows: 4 | 8, columns: 4 | 8, down: number, across: number): Tile {
  return { rows, columns, down, across, half: false };
}
