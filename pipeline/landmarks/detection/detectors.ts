/** Where the face is: detectors asked one after the other, from the quick to the thorough. */

import type { RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import { CandidateSearch } from "./candidate_search.ts";
import type { Scored } from "./candidates.ts";
import type { Detection } from "./detection.ts";
import type { DetectorName } from "./detector_names.ts";
import { SSD_SIZE, SsdDetector, ssdExtent } from "./ssd_detector.ts";
import { TINY_CELL, TinyDetector, tinyExtent } from "./tiny_detector.ts";
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

/** The networks that find faces, opened when a picture first needs them. */
export class Detectors {
  /** The SSD detector has 5.6 million weights to unpack. */
  readonly #open = new Map<NetworkName, FaceDetector>();

  /**
   * A search for the faces of a picture.
   *
   * @param hint A box that is known to hold the wanted face, or null.
   * @param isTurned Whether the picture is tried another way up than it lies.
   */
  search(
    image: RgbImage,
    name: DetectorName,
    hint: Box | null,
    isTurned = false,
  ): CandidateSearch {
    return new CandidateSearch({
      ...{ image, name, hint, isSmall: isSmall(image) },
      looks: looksOf(name, image).map((look) => ({
        isThorough: look.detector === "ssd" ||
          (isTurned && isSmall(image) && look.longSide > SMALL_PICTURE),
        find: () => this.#look(image, look),
      })),
    });
  }

  #look(image: RgbImage, { detector, longSide, room, sure }: Look): Scored[] {
    const { unit, extentOf } = NETWORKS[detector];
    const view = makeView(image, { longSide, room, unit });
    return this.#network(detector).detect(view.canvas, MIN_SCORE).map(({ box, score }) => {
      const place = view.toPicture(box);
      const extent = extentOf(place);
      return { box: place, score, sure: score >= sure, extent, certain: false, known: false };
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
