/** Pictures of faces with their regions as files. */

import { join } from "node:path";
import { writeFile } from "../files/write_file.ts";
import { encodePng, readImageAs } from "../image/image.ts";
import { stemOfFace } from "../face/face_name.ts";
import type { FaceRecord } from "../face/record.ts";
import { drawContactSheet, drawOverlay, type OverlayFace } from "./overlay.ts";

/** Where and how overlays are written. */
export interface OverlayOptions {
  /** The folder; made if it is missing. */
  readonly out: string;
  /** How many faces, the first ones, the contact sheet shows; 24 by default, 0 for no sheet. */
  readonly sheet?: number;
  /** Stops the export, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each image with the number of images so far. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

/**
 * Writes `{image}_overlay.png` (image as of {@linkcode stemOfFace}) of every record that has landmarks, and
 * `contact_sheet.png` of the first ones.
 *
 * @returns What consumes the records and gives the number of overlays.
 * @throws {SyntaxError} If an image cannot be decoded.
 * @throws {RangeError} If a landmark is not a number or absurdly far away.
 * @throws {WriteError} If a picture cannot be written.
 */
export function exportOverlays(
  options: OverlayOptions,
): (source: AsyncIterable<FaceRecord>) => Promise<number> {
  return async (source) => {
    const writer = new OverlayWriter(options);
    for await (const record of source) {
      options.signal?.throwIfAborted();
      await writer.add(record);
      options.onProgress?.(writer.count, null);
    }
    await writer.finish();
    return writer.count;
  };
}

/** Writes overlays one by one, for a stage that does something else with the records too. */
export class OverlayWriter {
  readonly #out: string;
  readonly #sheet: number;
  readonly #shown: OverlayFace[] = [];
  #count = 0;

  constructor({ out, sheet = 24 }: Pick<OverlayOptions, "out" | "sheet">) {
    this.#out = out;
    this.#sheet = sheet;
  }

  /** Overlays written so far. */
  get count(): number {
    return this.#count;
  }

  /** Writes the overlay of a record that has landmarks. */
  async add({ image: title, path, points, rejected, damage }: FaceRecord): Promise<void> {
    if (points === null || rejected !== null) return;
    const face = {
      title,
      points,
      image: await readImageAs(path, { useDamaged: damage !== undefined }),
    };
    const picture = await encodePng(drawOverlay(face));
    const overlay = join(this.#out, `${stemOfFace(title)}_overlay.png`);
    await writeFile(overlay, picture, { lasting: false });
    if (this.#shown.length < this.#sheet) this.#shown.push(face);
    this.#count++;
  }

  /** Writes the contact sheet. */
  async finish(): Promise<void> {
    if (this.#shown.length === 0) return;
    const sheet = await encodePng(drawContactSheet(this.#shown));
    await writeFile(join(this.#out, "contact_sheet.png"), sheet);
  }
}
