/** Pictures of the faces whose landmarks are worst. */

import { join } from "node:path";
import { writeFile } from "../../files/write_file.ts";
import { encodePng, readImage } from "../../image/image.ts";
import { type Captioned, drawErrors, errorSheet, withCaption } from "./error_picture.ts";
import type { LandmarkRows, LandmarkScore, ScoredFace } from "./score.ts";

/** What {@linkcode writeWorst} needs. */
export interface WorstOptions {
  /** Says which faces are worst. */
  readonly score: LandmarkScore;
  /** The rows that were scored, again and in the same order. */
  readonly predicted: LandmarkRows;
  /** The true rows, again and in the same order. */
  readonly truth: LandmarkRows;
  /** Where an image lies, by its name in the score; undefined if nobody knows. */
  readonly imageOf: (image: string) => string | undefined;
  /** Where the pictures go; made if it is missing. */
  readonly folder: string;
  /** How many faces are shown; 10 by default. */
  readonly count?: number | undefined;
  /** Stops the work, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of each face that cannot be shown, as `photo.jpg: why`. */
  readonly onSkip?: ((reason: string) => void) | undefined;
}

/** The longest side of a face's picture and of one on the sheet, in pixels. */
const SIDE = 480;
const TILE = 300;
/** Characters of the image's name in a file's name: file systems take 255 bytes. */
const LONGEST_NAME = 50;

/**
 * Writes `01_0.1234_photo.png` (rank, error or `missed`, the image's name) of each of the worst faces,
 * missed ones first, and `worst.png` of all of them. A face whose image cannot be read is left out, and
 * its rank stays free. One image is in memory at a time.
 *
 * @returns The paths of the files in that order; empty if there is nothing to show.
 * @throws {RangeError} If a row of the score is not among the rows.
 */
export async function writeWorst(options: WorstOptions): Promise<string[]> {
  const { score, folder, count = 10, signal, onSkip } = options;
  const worst: Shown[] = [...score.missedFaces, ...score.errors].slice(0, count);
  const truth = await pick(options.truth, worst.map((face) => face.truth));
  const predicted = await pick(options.predicted, worst.map((face) => face.predicted));
  const paths: string[] = [];
  const tiles: Captioned[] = [];
  for (const [i, face] of worst.entries()) {
    signal?.throwIfAborted();
    const rank = String(i + 1).padStart(String(count).length, "0");
    const points = {
      truth: truth.get(face.truth)!,
      predicted: face.predicted === null ? null : predicted.get(face.predicted)!,
    };
    const drawn = await draw(face, points, rank, options.imageOf).catch((error: unknown) => {
      onSkip?.(`${face.image}: ${reasonOf(error)}`);
      return null;
    });
    if (drawn === null) continue;
    const path = join(folder, drawn.file);
    await writeFile(path, drawn.png);
    paths.push(path);
    tiles.push(drawn.tile);
  }
  if (tiles.length === 0) return paths;
  const sheet = join(folder, "worst.png");
  await writeFile(sheet, await encodePng(errorSheet(tiles, TILE)));
  return [...paths, sheet];
}

type Shown = ScoredFace & { readonly error?: number };

/** The points of some of the rows, by the rows' numbers. */
async function pick(
  rows: LandmarkRows,
  wanted: readonly (number | null)[],
): Promise<Map<number, Float32Array>> {
  const left = new Set(wanted.filter((row) => row !== null));
  const picked = new Map<number, Float32Array>();
  if (left.size === 0) return picked;
  let row = 0;
  for await (const { points } of rows) {
    if (left.delete(row)) picked.set(row, points);
    if (left.size === 0) return picked;
    row++;
  }
  const first = Math.min(...left) + 1;
  throw new RangeError(`Cannot show the worst faces: row ${first} is needed, there are ${row}`);
}

async function draw(
  { image: name, error }: Shown,
  points: { truth: Float32Array; predicted: Float32Array | null },
  rank: string,
  imageOf: WorstOptions["imageOf"],
): Promise<{ file: string; png: Uint8Array; tile: Captioned }> {
  const path = imageOf(name);
  if (path === undefined) throw new Error("nobody knows where the image is");
  const face = { image: await readImage(path), found: error !== undefined, ...points };
  const figure = error === undefined ? "missed" : error.toFixed(4);
  const missed = points.predicted === null ? "missed" : "wrong face found";
  const lines = [`${rank}  ${error === undefined ? missed : `nme ${figure}`}`, name] as const;
  const captioned = withCaption({ picture: drawErrors(face, SIDE), lines }, SIDE);
  return {
    file: `${rank}_${figure}_${safeName(name)}.png`,
    png: await encodePng(captioned),
    tile: { picture: drawErrors(face, TILE), lines },
  };
}

/** An image's name without its extension, as a part of a file's name on every system. */
function safeName(image: string): string {
  const stem = image.replace(/\.[^./\\]+$/, "").replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
  return [...stem].slice(-LONGEST_NAME).join("");
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return error instanceof Error ? error.message : String(error);
}
