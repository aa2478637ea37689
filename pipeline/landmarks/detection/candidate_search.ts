/** Where the faces of a picture may be, from what the detectors see in it. */

import type { RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import {
  alignedCandidate,
  type Candidate,
  choose,
  holds,
  inOrder,
  type Scored,
} from "./candidates.ts";
import { intersectionOverUnion } from "./detection.ts";
import type { DetectorName } from "./detector_names.ts";
import { tinyExtent } from "./tiny_detector.ts";

/** One way of asking a detector about the picture. */
export interface Look {
  /** Whether it takes ten times as long as the others. */
  readonly isThorough: boolean;
  find(): Scored[];
}

/** A picture, and how it is searched. */
interface SearchOptions {
  readonly image: RgbImage;
  readonly name: DetectorName;
  /** A box that is known to hold the wanted face, or null. */
  readonly hint: Box | null;
  /** From the quick to the thorough. */
  readonly looks: readonly Look[];
  /** Whether a face may fill the picture, so that a thorough look hardly sees more than a quick one. */
  readonly isSmall: boolean;
}

/** Boxes of the two detectors on one face overlap by more than this (intersection over union). */
const SAME_FACE = 0.3;

/** Most difference of a square box's sides, as the logarithm of their ratio. */
const SQUARE = 0.1;

/** A search in one picture. Each look is taken once, when it is first needed. */
export class CandidateSearch {
  readonly #options: SearchOptions;
  readonly #seen: Scored[][] = [];
  readonly #tried = new Set<Candidate>();
  #unsure: Scored[] = [];

  /** Takes no look yet. */
  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** Whether a face may fill the picture. */
  get isSmall(): boolean {
    return this.#options.isSmall;
  }

  /**
   * Places where the wanted face may be, best guess first and computed as they are asked for. Of several
   * faces, the one nearest to the hint comes first; without a hint, the one that is largest and most
   * central. Whatever {@linkcode all} has comes in the end, so that a face is found alone where it is
   * found among all.
   */
  *candidates(): Generator<Candidate> {
    yield* this.quickly();
    yield* this.thoroughly();
  }

  /** Those of {@linkcode candidates} that known places and quick looks give, which come first. */
  *quickly(): Generator<Candidate> {
    const { image, name, hint } = this.#options;
    if (name === "aligned") return yield alignedCandidate(image);
    if (name === "box" && hint !== null) {
      yield given(hint, { certain: false, known: isSquare(hint) });
    }
    yield* this.#bestOf((look) => !look.isThorough);
  }

  /** The others, once those have led to no face. */
  *thoroughly(): Generator<Candidate> {
    const { name, hint, isSmall } = this.#options;
    if (name === "aligned") return;
    if (isSmall) {
      // The points will tell whether it is a face, in a tenth of the time of the next look.
      yield* this.#next(this.#unsure);
      this.#unsure = [];
    }
    yield* this.#bestOf((look) => look.isThorough);
    yield* this.#next(this.#unsure);
    if (hint !== null) yield given(hint, { certain: true, known: false });
    else yield* this.all().filter((face) => !this.#tried.has(face));
  }

  /** The best face that each of some looks is sure of. */
  *#bestOf(isWanted: (look: Look) => boolean): Generator<Candidate> {
    const { hint, looks } = this.#options;
    for (const [i, look] of looks.entries()) {
      if (!isWanted(look)) continue;
      const found = this.#look(i).filter(({ box }) => hint === null || holds(hint, box));
      this.#unsure.push(...found.filter(({ sure }) => !sure));
      yield* this.#next(found.filter(({ sure }) => sure));
    }
  }

  /** The one of some faces that matters most, if there are any. */
  *#next(faces: readonly Scored[]): Generator<Candidate> {
    const best = choose(faces, this.#options.image, this.#options.hint);
    if (best === null) return;
    this.#tried.add(best);
    yield best;
  }

  /**
   * All faces that any look is sure of, each once, in the order in which {@linkcode candidates} would
   * choose them.
   */
  all(): Candidate[] {
    const { image, name, hint, looks } = this.#options;
    if (name === "aligned") return [alignedCandidate(image)];
    const faces: Scored[] = [];
    for (const i of looks.keys()) {
      // What an earlier look has found stays as that look saw it.
      const isNew = ({ box }: Scored) =>
        faces.every((face) => intersectionOverUnion(face.box, box) < SAME_FACE);
      faces.push(...this.#look(i).filter((face) => face.sure && isNew(face)));
    }
    return inOrder(faces, image, hint);
  }

  #look(i: number): Scored[] {
    return this.#seen[i] ??= this.#options.looks[i]!.find();
  }
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
