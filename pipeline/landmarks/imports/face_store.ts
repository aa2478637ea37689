/** All faces of an import, held compactly, and which of them is a record's. */

import type { Box, FaceRecord } from "../../face/record.ts";
import { roundHundredth, roundPoints } from "../../face/record_json.ts";
import { boxAround } from "../face_square.ts";
import { FloatRows } from "../files/float_rows.ts";
import { ImageIndex } from "./image_index.ts";
import type { ImportedFace } from "./imported_face.ts";

/** Faces by their image. 200,000 take 109 MB for their points and about 30 for all else. */
export class FaceStore {
  readonly #images = new ImageIndex();
  /** f32 [faces, 136]. */
  readonly #points = new FloatRows(136);
  /** f32 [faces, 5]: the box's x, y, width and height, and the confidence; NaN for what is unknown. */
  readonly #extras = new FloatRows(5);
  /** For every face the face of the same image that came before it, or −1. */
  readonly #previous: number[] = [];
  /** For every image its last face. */
  readonly #last: number[] = [];

  add({ image, points, box, confidence, place }: ImportedFace): void {
    const index = this.#images.add(image, place);
    const face = this.#points.add(points);
    const { x, y, width, height } = box ?? { x: NaN, y: NaN, width: NaN, height: NaN };
    this.#extras.add([x, y, width, height, confidence ?? NaN]);
    this.#previous.push(this.#last[index] ?? -1);
    this.#last[index] = face;
  }

  /**
   * The record's points and box in 1/100 pixel, or null if its image was not imported. Of several
   * faces it is the one nearest to the record's box; without a box it is the largest, where a face
   * counts less that the other program was less sure of. The first of equals counts.
   *
   * @throws {SyntaxError} If two images fit equally.
   */
  find(record: FaceRecord): { readonly points: Float32Array; readonly box: Box | null } | null {
    const image = this.#images.find(record.image);
    if (image < 0) return null;
    let best = this.#last[image]!;
    let bestScore = -Infinity;
    const several = this.#previous[best]! >= 0;
    for (let face = best; several && face >= 0; face = this.#previous[face]!) {
      const score = this.#score(face, record.box);
      if (score >= bestScore) [best, bestScore] = [face, score];
    }
    return { points: roundPoints(this.#points.row(best)), box: this.#boxOf(best) };
  }

  /** Higher for the better of several faces. */
  #score(face: number, box: Box | null): number {
    const extent = boxAround(this.#points.row(face));
    if (box !== null && box.width > 0 && box.height > 0) {
      const [x, y] = centreOf(extent);
      const [boxX, boxY] = centreOf(box);
      return -Math.hypot(x - boxX, y - boxY);
    }
    const confidence = this.#extras.row(face)[4]!;
    return extent.width * extent.height * (Number.isNaN(confidence) ? 1 : confidence);
  }

  #boxOf(face: number): Box | null {
    const [x, y, width, height] = Array.from(this.#extras.row(face).subarray(0, 4), roundHundredth);
    return Number.isNaN(x) ? null : { x: x!, y: y!, width: width!, height: height! };
  }
}

function centreOf({ x, y, width, height }: Box): [x: number, y: number] {
  return [x + width / 2, y + height / 2];
}
