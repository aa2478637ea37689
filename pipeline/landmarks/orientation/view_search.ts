/** Faces in a picture as it lies, or turned. */

import type { RgbImage } from "../../image/image.ts";
import type { Box, Turn } from "../../face/record.ts";
import { asymmetries } from "./asymmetry.ts";
import type { CandidateSearch } from "../detection/candidate_search.ts";
import type { Candidate } from "../detection/candidates.ts";
import type { DetectorName } from "../detection/detector_names.ts";
import { Detectors } from "../detection/detectors.ts";
import { FrameGuess, hasFrame } from "./frame_guess.ts";
import { NetPlacer, type Placed, type Placing } from "../placing/net_placer.ts";
import { turnBack, turnBox, turnPicture, turnPoints } from "./turned_picture.ts";
import { predictorBox, type PredictPoints, TreePlacer } from "../placing/tree_placer.ts";

/** A face and its points, in pixels of the picture (the first pixel covers 0 to 1). */
export interface PlacedFace {
  /** Where the face was found. */
  readonly box: Box;
  /** f32 [136]: x0, y0, x1, y1, … in iBUG's order. */
  readonly points: Float32Array;
  /** How far the picture has to be turned clockwise for the face to be upright, in degrees. */
  readonly turn: Turn;
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
  /** Whether every face is taken to be upright, without being held against its mirror image. */
  readonly uprightOnly?: boolean | undefined;
}

/** A picture as it lies or turned, and the search in it. */
export interface View {
  readonly search: FaceSearch;
  readonly image: RgbImage;
  readonly turn: Turn;
  readonly candidates: CandidateSearch;
  /** What is left of a small picture, such as a face behind a hand, if nothing in it holds up. */
  spare: Found | null;
}

/** A face, and how far it is from its mirror image; 0 if it is upright for sure. */
export interface Found extends PlacedFace {
  readonly asymmetry: number;
}

/** A place in a view. */
interface Tried extends Placing {
  readonly view: View;
}

/** Points with more asymmetry are of nothing: of 1,786 upright faces of CelebA, one in a thousand had more. */
const NO_FACE = 0.3;

/** Searches pictures in any direction, and brings what it finds into the pictures as they lie. */
export class ViewSearch {
  readonly #detectors = new Detectors();
  readonly #net = new NetPlacer();
  readonly #placer: Pick<NetPlacer | TreePlacer, "place">;
  readonly #guess: FrameGuess | null;

  /** @param predict dlib's predictor; without it, face-api's network places the points alone. */
  constructor(predict: PredictPoints | null) {
    this.#placer = predict === null ? this.#net : new TreePlacer(this.#net, predict);
    this.#guess = predict && new FrameGuess(this.#net, predict);
  }

  /** A picture turned, and the search in it. */
  look(search: FaceSearch, turn: Turn): View {
    const { image, detector, hint } = search;
    const turned = turnPicture(image, turn);
    const box = hint && turnBox(hint, image, turn);
    const candidates = this.#detectors.search(turned, detector, box, turn !== 0);
    return { search, turn, image: turned, candidates, spare: null };
  }

  /** The face of each view that lies, plainly upright, where CelebA's aligned frame has it; or null. */
  async framedFaces(views: readonly View[]): Promise<(Found | null)[]> {
    const found: (Found | null)[] = views.map(() => null);
    if (this.#guess === null) return found;
    const open = views.map((_, i) => i).filter((i) => mayBeFramed(views[i]!));
    const placed = await this.#guess.place(open.map((i) => views[i]!.image));
    for (const [k, i] of open.entries()) {
      const points = placed[k];
      if (points) found[i] = inPicture(views[i]!, { box: predictorBox(points), points }, 0);
    }
    return found;
  }

  /** The first face that each view's candidates lead to, or null. */
  async firstFaces(
    views: readonly View[],
    how: "quickly" | "thoroughly",
  ): Promise<(Found | null)[]> {
    const found: (Found | null)[] = views.map(() => null);
    let open = views.map((view, index) => ({
      ...{ view, index, image: view.image },
      candidates: view.candidates[how](),
    }));
    while (open.length > 0) {
      const tried = open.flatMap((search) => {
        const { value, done } = search.candidates.next();
        return done ? [] : [{ ...search, candidate: asHint(value as Candidate, search.view) }];
      });
      const faces = await this.#place(tried);
      open = tried.filter(({ index, view, candidate }, i) => {
        const face = faces[i]!;
        if (face && (face.asymmetry <= NO_FACE || candidate.certain)) found[index] = face;
        else if (view.candidates.isSmall) view.spare ??= face;
        return found[index] === null;
      });
    }
    return found;
  }

  /** All faces of a view that the detectors are sure of. */
  async allFaces(view: View): Promise<Found[]> {
    const { image } = view;
    const all = view.candidates.all().map((candidate) => ({ view, image, candidate }));
    const faces = await this.#place(all);
    return faces.filter((face) => face !== null && face.asymmetry <= NO_FACE) as Found[];
  }

  /** The faces at some places, as they lie in the pictures; null where there is none. */
  async #place(tried: readonly Tried[]): Promise<(Found | null)[]> {
    const placed = await this.#placer.place(tried);
    const doubted = placed.flatMap((answer, i) =>
      answer && !answer.sure && mayTurn(tried[i]!.view.search) ? [i] : []
    );
    const found = asymmetries(
      this.#net,
      doubted.map((i) => ({ image: tried[i]!.image, points: placed[i]!.points })),
    );
    const asymmetry = placed.map(() => 0);
    for (const [k, i] of doubted.entries()) asymmetry[i] = found[k]!;
    return tried.map((place, i) => faceOf(place, placed[i]!, asymmetry[i]!));
  }
}

/** A box that is known frames a face as the picture lies; in it turned, nobody is known to be upright. */
function asHint(candidate: Candidate, { turn }: View): Candidate {
  return turn === 0 ? candidate : { ...candidate, known: false };
}

/** The face at a place in the picture as it lies, if it is one. */
function faceOf(
  { view, candidate }: Tried,
  placed: Placed | null,
  asymmetry: number,
): Found | null {
  return placed && inPicture(view, { box: candidate.box, points: placed.points }, asymmetry);
}

/** A face of a view in the picture as it lies. */
function inPicture(
  { image, turn }: View,
  { box, points }: Pick<PlacedFace, "box" | "points">,
  asymmetry: number,
): Found {
  if (turn === 0) return { turn, asymmetry, box, points };
  const back = turnBack(turn);
  return {
    ...{ turn, asymmetry },
    box: turnBox(box, image, back),
    points: turnPoints(points, image, back),
  };
}

/** Whether a view is looked at as one of CelebA's aligned images. */
function mayBeFramed({ search: { detector, hint }, image }: View): boolean {
  return detector === "auto" && hint === null && hasFrame(image);
}

/** Whether a picture may be turned. Where a face is in CelebA's aligned frame, it is upright. */
export function mayTurn({ detector, uprightOnly }: FaceSearch): boolean {
  return !uprightOnly && detector !== "aligned";
}
