/**
 * Where the face is: detectors asked one after the other, from the quick to the thorough.
 *
 * @module
 */

import type { RgbImage } from "../image.ts";
import type { Box } from "../record.ts";
import {
  alignedCandidate,
  type Candidate,
  choose,
  holds,
  inOrder,
  type Scored,
} from "./candidates.ts";
import { type Detection, intersectionOverUnion } from "./detection.ts";
import type { DetectorName } from "./detector_names.ts";
import { SSD_SIZE, SsdDetector } from "./ssd_detector.ts";
import { TINY_CELL, TinyDetector } from "./tiny_detector.ts";
import { makeView } from "./view.ts";

/** A network that finds faces. */
interface FaceDetector {
  /** The faces of a picture that it gives a score of at least `least`. */
  detect(canvas: RgbImage, least: number): Detection[];
}

/** The networks: what a look must know of them. */
const NETWORKS = {
  tiny: { open: (): FaceDetector => new TinyDetector(), unit: TINY_CELL, extentOf: tinyExtent },
  ssd: { open: (): FaceDetector => new SsdDetector(), unit: SSD_SIZE, extentOf: ssdExtent },
} as const;

type NetworkName = keyof typeof NETWORKS;

/** One way of asking a detector. */
interface Look {
  readonly detector: NetworkName;
  /** The picture's longer side as the detector sees it, in pixels. */
  readonly longSide: number;
  /** Size of the canvas around it, as a multiple. */
  readonly room: number;
  /** From this score on, the face is taken without asking further. */
  readonly sure: number;
}

/**
 * The looks of `auto`, with the share of faces that each finds alone.
 *
 * The tiny detector at 110 px with some room around finds 99.2 % of CelebA's aligned faces, which fill
 * the frame, in 5 ms, and at 128 px half of the others, but only 70 % of those in 100 photographs of
 * iBUG-68; at 416 px it finds 94 % of these. The SSD detector finds all of them at 400 px within its 512,
 * and with the picture at half its field also 97 % of CelebA's, some of which it misses when they fill
 * its field.
 */
const LOOKS: readonly Look[] = [
  { detector: "tiny", longSide: 110, room: 1.4, sure: 0.35 },
  { detector: "tiny", longSide: 128, room: 1.5, sure: 0.35 },
  { detector: "tiny", longSide: 416, room: 1, sure: 0.4 },
  { detector: "ssd", longSide: 400, room: 1, sure: 0.3 },
  { detector: "ssd", longSide: 256, room: 1, sure: 0.3 },
];

/**
 * If no look is sure, the best guess of all looks counts from this score on. At 0.1, a checkerboard
 * is a face; at 0.2, 5 of 2,400 of CelebA's images (profiles and covered faces) have none.
 */
const MIN_SCORE = 0.2;

/** Boxes of the two detectors on one face overlap by more than this (intersection over union). */
const SAME_FACE = 0.3;

/** Most difference of a square box's sides, as the logarithm of their ratio. */
const SQUARE = 0.1;

/** Finds the one face of a picture that matters. */
export class Detectors {
  /** Opened when a picture first needs them: the SSD detector has 5.6 million weights to unpack. */
  readonly #open = new Map<NetworkName, FaceDetector>();

  /**
   * Places where the face may be, best first and computed as they are asked for. Of several faces,
   * the one nearest to `hint` (a box that is known to hold the wanted face) comes; without a hint,
   * the one that is largest and most central.
   */
  *candidates(image: RgbImage, name: DetectorName, hint: Box | null): Generator<Candidate> {
    if (name === "aligned") return yield alignedCandidate(image);
    if (name === "box" && hint !== null) {
      yield given(hint, { certain: false, known: isSquare(hint) });
    }
    let unsure: Scored[] = [];
    for (const look of looksOf(name, image)) {
      if (look.detector === "ssd" && isSmall(image) && unsure.length > 0) {
        // The points will tell whether it is a face, in a tenth of the time of the next look.
        yield choose(unsure, image, hint)!;
        unsure = [];
      }
      const found = this.#look(image, look).filter(({ box }) => hint === null || holds(hint, box));
      const sure = found.filter((face) => face.score >= look.sure);
      unsure.push(...found.filter((face) => face.score < look.sure));
      const best = choose(sure, image, hint);
      if (best) yield best;
    }
    const guess = choose(unsure, image, hint);
    if (guess) yield guess;
    if (hint !== null) yield given(hint, { certain: true, known: false });
  }

  /**
   * All faces that any look is sure of, each once, in the order in which {@linkcode candidates} would
   * choose them.
   */
  all(image: RgbImage, name: DetectorName, hint: Box | null): Candidate[] {
    if (name === "aligned") return [alignedCandidate(image)];
    const faces: Scored[] = [];
    for (const look of looksOf(name, image)) {
      const sure = this.#look(image, look).filter(({ score }) => score >= look.sure);
      // What an earlier look has found stays as that look saw it.
      const isNew = ({ box }: Scored) =>
        faces.every((face) => intersectionOverUnion(face.box, box) < SAME_FACE);
      faces.push(...sure.filter(isNew));
    }
    return inOrder(faces, image, hint);
  }

  #look(image: RgbImage, { detector, longSide, room }: Look): Scored[] {
    const { unit, extentOf } = NETWORKS[detector];
    const view = makeView(image, { longSide, room, unit });
    return this.#network(detector).detect(view.canvas, MIN_SCORE).map(({ box, score }) => {
      const place = view.toPicture(box);
      return { box: place, score, extent: extentOf(place), certain: false, known: false };
    });
  }

  #network(name: NetworkName): FaceDetector {
    const known = this.#open.get(name);
    if (known) return known;
    const network = NETWORKS[name].open();
    this.#open.set(name, network);
    return network;
  }
}

/**
 * Faces mostly fill pictures whose longer side is smaller than this, in pixels: there, the SSD detector
 * finds them more often at half its field, and what it misses there it hardly ever finds at another.
 */
const SMALL_PICTURE = 320;

function isSmall({ width, height }: RgbImage): boolean {
  return Math.max(width, height) < SMALL_PICTURE;
}

/** The looks that a detector stands for, in the order in which they are taken. */
function looksOf(name: DetectorName, image: RgbImage): readonly Look[] {
  const looks = LOOKS.filter(({ detector }) =>
    name === detector || name === "auto" || name === "box"
  );
  if (!isSmall(image)) return looks;
  const quick = looks.filter(({ detector }) => detector !== "ssd");
  const thorough = looks.filter(({ detector }) => detector === "ssd").reverse();
  return [...quick, ...(name === "ssd" ? thorough : thorough.slice(0, 1))];
}

/**
 * The tiny detector's boxes are 1.21 times as wide and 1.13 times as high as the points' extent, and
 * centred on it. Medians over half of iBUG-68; the other half agrees within 0.02.
 */
function tinyExtent({ x, y, width, height }: Box): Candidate["extent"] {
  return [x + width / 2, y + height / 2, Math.max(width, height) / 1.21];
}

/**
 * The SSD detector's boxes reach up to the hair: 1.16 times the points' extent in height, with the
 * centre 0.15 extents higher. Measured as above.
 */
function ssdExtent({ x, y, width, height }: Box): Candidate["extent"] {
  const size = Math.max(width, height) / 1.16;
  return [x + width / 2, y + height / 2 + 0.15 * size, size];
}

/**
 * Whether a box may be of dlib's detector, whose sides differ by a pixel at most. Others frame a face in
 * another way than its predictor has learnt: asked at boxes as CelebA's (1.4 times as high as wide), it
 * placed 66 of iBUG-68's 100 faces wrongly (NME above 0.08), and none from a box around their middle.
 */
function isSquare({ width, height }: Box): boolean {
  return Math.abs(Math.log(height / width)) < SQUARE;
}

/** A box that comes from elsewhere. */
function given(box: Box, how: Pick<Candidate, "certain" | "known">): Candidate {
  return { box, extent: tinyExtent(box), ...how };
}
