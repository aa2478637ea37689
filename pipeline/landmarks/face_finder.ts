/**
 * From pictures to the 68 points of their faces.
 *
 * @module
 */

import type { RgbImage } from "../image.ts";
import type { Box } from "../record.ts";
import type { Candidate } from "./candidates.ts";
import type { DetectorName } from "./detector_names.ts";
import { Detectors } from "./detectors.ts";
import { extentOf } from "./face_square.ts";
import { NetPlacer, type Placing } from "./net_placer.ts";
import { type PredictPoints, TreePlacer } from "./tree_placer.ts";

/** A face and its points, in pixels of the picture (the first pixel covers 0 to 1). */
export interface PlacedFace {
  /** Where the face was found. */
  readonly box: Box;
  /** f32 [136]: x0, y0, x1, y1, … in iBUG's order. */
  readonly points: Float32Array;
}

/** A picture in which faces are wanted. */
export interface FaceSearch {
  readonly image: RgbImage;
  /** How to look. */
  readonly detector: DetectorName;
  /** A box that is known to hold the wanted face, in pixels, or null. */
  readonly hint: Box | null;
  /** Whether all faces are wanted, and not the one that matters most. */
  readonly all: boolean;
}

/** A search that has not found its face yet, and what is still to be tried. */
interface OpenSearch {
  readonly index: number;
  readonly image: RgbImage;
  readonly candidates: Iterator<Candidate>;
}

/** Points whose extents' centres are nearer than this share of their size are of one face. */
const SAME_FACE = 0.4;

/** Finds the faces of pictures. Needs tfjs's backend to be set, and is bound to it. */
export class FaceFinder {
  readonly #detectors = new Detectors();
  readonly #placer: Pick<NetPlacer | TreePlacer, "place">;

  /** @param predict dlib's predictor; without it, face-api's network places the points alone. */
  constructor(predict: PredictPoints | null = null) {
    const net = new NetPlacer();
    this.#placer = predict === null ? net : new TreePlacer(net, predict);
  }

  /**
   * The face of each picture, or none if there is none; see {@linkcode Detectors} on several. If all
   * are wanted, the one that would have come alone comes first. What is found in a picture does not
   * depend on the others.
   */
  async find(searches: readonly FaceSearch[]): Promise<PlacedFace[][]> {
    const found: PlacedFace[][] = searches.map(() => []);
    let open = searches.map(({ image, detector, hint }, index): OpenSearch => {
      return { index, image, candidates: this.#detectors.candidates(image, detector, hint) };
    });
    while (open.length > 0) {
      const tried = open.flatMap((search) => {
        const { value, done } = search.candidates.next();
        return done ? [] : [{ search, image: search.image, candidate: value as Candidate }];
      });
      const points = await this.#placer.place(tried);
      open = [];
      for (const [i, { search, candidate }] of tried.entries()) {
        if (points[i] === null) open.push(search);
        else found[search.index]!.push({ box: candidate.box, points: points[i]! });
      }
    }
    for (const [index, search] of searches.entries()) {
      if (search.all) await this.#addOthers(search, found[index]!);
    }
    return found;
  }

  /** Adds the other faces that the detectors are sure of to the one that comes alone. */
  async #addOthers({ image, detector, hint }: FaceSearch, faces: PlacedFace[]): Promise<void> {
    const placings: Placing[] = this.#detectors.all(image, detector, hint)
      .map((candidate) => ({ image, candidate }));
    for (const [i, points] of (await this.#placer.place(placings)).entries()) {
      if (points === null || faces.some((face) => areSame(face.points, points))) continue;
      faces.push({ box: placings[i]!.candidate.box, points });
    }
  }
}

function areSame(a: Float32Array, b: Float32Array): boolean {
  const [[ax, ay, size], [bx, by]] = [extentOf(a), extentOf(b)];
  return Math.hypot(ax - bx, ay - by) < SAME_FACE * size;
}
