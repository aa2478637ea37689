/** What the readers of other programs' files have in common. */

import type { Box } from "../../face/record.ts";

/** A face from a file of another program. */
export interface ImportedFace {
  /**
   * The image as the file spells it. For formats that do not name it (`.pts`, OpenFace): the file's
   * path below the folder that is read, without the extension, so `photo` for `photo.pts`.
   */
  readonly image: string;
  /** f32 [136]: x0, y0, x1, y1, … in pixels of the image, as the file gives them. */
  readonly points: Float32Array;
  /** The face's box, where the file has one with an area. */
  readonly box: Box | null;
  /** How sure the other program was, above 0 and usually up to 1; null where the file does not say. */
  readonly confidence: number | null;
  /** Where the face begins in the file, as `path:line`. */
  readonly place: string;
}

/** What all readers can be told. */
export interface ImportOptions {
  /** Stops the reading; the reader then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The error about what stands at `place` (`path:line`). */
export function fault(place: string, problem: string, cause?: unknown): SyntaxError {
  const options = cause === undefined ? {} : { cause };
  return new SyntaxError(`Cannot read landmarks: ${place}: ${problem}`, options);
}

/** The number that `text` writes, or NaN if it writes none that is finite as f32 too. */
export function numberIn(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(Math.fround(value)) ? value : NaN;
}
