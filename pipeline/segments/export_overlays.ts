/**
 * Pictures of faces with their regions as files.
 *
 * @module
 */

import { join, parse } from "node:path";
import { writeFile } from "../files.ts";
import { encodePng, readImage } from "../image.ts";
import type { FaceRecord } from "../record.ts";
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
 * Writes `{image}_overlay.png` (image without its extension) of every record that has landmarks, and
 * `contact_sheet.png` of the first ones.
 *
 * @returns What consumes the records and gives the number of overlays.
 * @throws {SyntaxError} If an image cannot be decoded.
 * @throws {RangeError} If a landmark is not a number or absurdly far away.
 */
export function exportOverlays(
  options: OverlayOptions,
): (source: AsyncIterable<FaceRecord>) => Promise<number> {
  return async (source) => {
    const { out, sheet = 24, signal, onProgress } = options;
    const shown: OverlayFace[] = [];
    let done = 0;
    for await (const { image: title, path, points, rejected } of source) {
      signal?.throwIfAborted();
      if (points === null || rejected !== null) continue;
      const face = { title, points, image: await readImage(path) };
      const { dir, name } = parse(title);
      const picture = await encodePng(drawOverlay(face));
      await writeFile(join(out, dir, `${name}_overlay.png`), picture);
      if (shown.length < sheet) shown.push(face);
      done++;
      onProgress?.(done, null);
    }
    if (shown.length > 0) {
      await writeFile(join(out, "contact_sheet.png"), await encodePng(drawContactSheet(shown)));
    }
    return done;
  };
}
