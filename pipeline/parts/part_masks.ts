/** Hand-made masks of faces' parts in their folder, as CelebAMask-HQ has them. */

import { join } from "node:path";
import type { FaceRecord } from "../face/record.ts";
import { isNotThere } from "../files/write_file.ts";
import { bareName } from "../image/image_name.ts";
import type { ReadsPictures } from "../image/reading/picture_reader.ts";
import type { PictureSize } from "../image/reading/read_picture.ts";
import { partBits, PARTS, type PartTable } from "./part_table.ts";

/** The folder of the masks within the data set's. */
const INNER_FOLDER = "CelebAMask-HQ-mask-anno";
/** Faces whose masks share a folder. */
const FACES_A_FOLDER = 2000;
/** A pixel above this belongs to the part: they are 0 and 255. */
const HALF = 127;
/** How far the ratio of a mask's sides may be from its image's; whole pixels round it. */
const MOST_STRETCH = 0.02;

/** The parts that have a file, as bits, by the number of the face. */
type Listing = ReadonlyMap<number, number>;

/**
 * The masks of a folder: `N/12345_hair.png`, N being the face's number divided by 2000 and rounded down. A part
 * that has no file is not to be seen on the face.
 */
export class PartMasks {
  /** u32 [40]: the parts of each attribute as bits; 0 where it has none. */
  readonly sets: Uint32Array<ArrayBuffer>;
  readonly #folder: string;
  readonly #reader: ReadsPictures;
  /** The parts that any attribute has. */
  readonly #wanted: number;
  readonly #listings = new Map<number, Promise<Listing>>();

  private constructor(folder: string, table: PartTable, reader: ReadsPictures) {
    this.sets = partBits(table);
    this.#folder = folder;
    this.#reader = reader;
    this.#wanted = this.sets.reduce((all, bits) => all | bits, 0);
  }

  /**
   * @param folder Holds the folders 0, 1, …, or a folder `CelebAMask-HQ-mask-anno` that does.
   * @param reader Reads the pictures; borrowed.
   * @throws {Deno.errors.NotFound} If there are no such folders.
   */
  static async open(folder: string, table: PartTable, reader: ReadsPictures): Promise<PartMasks> {
    for (const place of [folder, join(folder, INNER_FOLDER)]) {
      if ((await namesIn(place)).some((name) => /^\d+$/.test(name))) {
        return new PartMasks(place, table, reader);
      }
    }
    throw new Deno.errors.NotFound(
      `There are no part masks in ${folder}: looked for the folders 0, 1, … of ${INNER_FOLDER}, ` +
        `there and in that folder.`,
    );
  }

  /**
   * The parts that each cell of a face's mask shows, of those that attributes have: u32 [h, w], each cell by the
   * pixel that nearest-neighbour resizing picks. If they are not known, why.
   */
  async bitsOf({ image, size }: FaceRecord, cells: PictureSize): Promise<Uint32Array | string> {
    const [number] = /(?<=^|[/\\])\d+$/.exec(bareName(image)) ?? [];
    if (number === undefined) return "its name is no number, as those of faces with part masks are";
    const parts = (await this.#listing(Number(number))).get(Number(number));
    if (parts === undefined) return "it has no part masks";
    const bits = new Uint32Array(cells.height * cells.width);
    try {
      await Promise.all(PARTS.map(async (part, bit) => {
        if ((parts & this.#wanted & (1 << bit)) === 0) return;
        const path = this.#pathOf(Number(number), part);
        const { pixels, ...mask } = await this.#reader.read({
          ...{ path, size: cells, useDamaged: false, isMask: true },
        });
        checkShape(mask, size!, path);
        for (let cell = 0; cell < bits.length; cell++) {
          if (pixels![3 * cell]! > HALF) bits[cell]! |= 1 << bit;
        }
      }));
    } catch (error) {
      return `its part masks cannot be used: ${error instanceof Error ? error.message : error}`;
    }
    return bits;
  }

  #pathOf(number: number, part: string): string {
    const folder = String(Math.floor(number / FACES_A_FOLDER));
    return join(this.#folder, folder, `${String(number).padStart(5, "0")}_${part}.png`);
  }

  /** What lies in the folder of a face. */
  #listing(number: number): Promise<Listing> {
    const folder = Math.floor(number / FACES_A_FOLDER);
    const listing = this.#listings.get(folder) ?? listParts(join(this.#folder, String(folder)));
    this.#listings.set(folder, listing);
    return listing;
  }
}

async function listParts(folder: string): Promise<Listing> {
  const listing = new Map<number, number>();
  for (const name of await namesIn(folder)) {
    const [, number, part] = /^(\d{5})_(\w+)\.png$/.exec(name) ?? [];
    const bit = PARTS.indexOf(part ?? "");
    if (bit >= 0) listing.set(Number(number), (listing.get(Number(number)) ?? 0) | (1 << bit));
  }
  return listing;
}

/** The names of what is in a folder; none if it is not there, or no folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}

function checkShape(
  { width, height }: PictureSize,
  [columns, rows]: readonly [number, number],
  path: string,
): void {
  if (Math.abs(width * rows / (height * columns) - 1) <= MOST_STRETCH) return;
  throw new RangeError(
    `${path} has ${width}x${height} pixels, which is not the shape of the image, ${columns}x${rows}`,
  );
}
