/** From pictures to the 68 points of their faces. */

import type { Turn } from "../face/record.ts";
import { PLAINLY_UPRIGHT } from "./orientation/asymmetry.ts";
import { extentOf } from "./face_square.ts";
import type { PredictPoints } from "./placing/tree_placer.ts";
import {
  type FaceSearch,
  type Found,
  mayTurn,
  type PlacedFace,
  type View,
  ViewSearch,
} from "./orientation/view_search.ts";

export type { FaceSearch, PlacedFace } from "./orientation/view_search.ts";

/** A face, and the view in which it was found. */
interface InView {
  readonly view: View;
  readonly face: Found;
}

/** Points whose extents' centres are nearer than this share of their size are of one face. */
const SAME_FACE = 0.4;

/**
 * Points with less asymmetry are of a face that is upright. Of upright faces of iBUG-68 and CelebA, one in
 * 300 has more (profiles, hands before the mouth); of 280 answers on turned ones, none had less than 0.093.
 */
const UPRIGHT = 0.08;

/** How else a picture may lie, beginning with how cameras are held. */
const TURNS = [90, 270, 180] as const satisfies readonly Turn[];

/** Finds the faces of pictures. Needs tfjs's backend to be set, and is bound to it. */
export class FaceFinder {
  readonly #views: ViewSearch;

  /** @param predict dlib's predictor; without it, face-api's network places the points alone. */
  constructor(predict: PredictPoints | null = null) {
    this.#views = new ViewSearch(predict);
  }

  /**
   * The face of each picture, or none if there is none; see {@linkcode CandidateSearch} on several. If all
   * are wanted, the one that would have come alone comes first. Where the picture shows no face that is
   * upright for sure, it is turned, unless the search forbids it. What is found in a picture does not
   * depend on the others.
   */
  async find(searches: readonly FaceSearch[]): Promise<PlacedFace[][]> {
    const views = searches.map((search) => this.#views.look(search, 0));
    const faces = await this.#views.framedFaces(views);
    const open = views.map((_, i) => i).filter((i) => faces[i] === null);
    const quick = await this.#views.firstFaces(open.map((i) => views[i]!), "quickly");
    for (const [k, i] of open.entries()) faces[i] = quick[k]!;
    const found: PlacedFace[][] = [];
    for (const [i, view] of views.entries()) found.push(await this.#facesOf(view, faces[i]!));
    return found.map((faces) => faces.map(({ box, points, turn }) => ({ box, points, turn })));
  }

  /** All faces that a picture is searched for, given the first one by quick looks at it as it lies. */
  async #facesOf(view: View, quick: Found | null): Promise<Found[]> {
    const { search } = view;
    const main = await this.#mainFace(view, quick);
    if (main === null) return [];
    return search.all ? await this.#withOthers(view, main) : [main.face];
  }

  /**
   * The face that matters most: the first one as the picture lies, unless that is doubtful and the picture
   * shows one upright when it is turned. Quick looks in all directions come before thorough ones. A small
   * picture is looked at thoroughly only if no quick look led to a face, and only as it lies.
   */
  async #mainFace(view: View, quick: Found | null): Promise<InView | null> {
    const { search } = view;
    const isDoubted = (face: Found | null, most: number) =>
      mayTurn(search) && (face === null || face.asymmetry > most);
    // One that is upright elsewhere beats one that may be: chance answers come near to it.
    if (isDoubted(quick, PLAINLY_UPRIGHT)) {
      const turned = await this.#turnedFace(search, "quickly", PLAINLY_UPRIGHT);
      if (turned) return turned;
    }
    if (quick && view.candidates.isSmall) return { view, face: quick };
    const face = quick ?? (await this.#views.firstFaces([view], "thoroughly"))[0]!;
    const turned = isDoubted(face, UPRIGHT) && !view.candidates.isSmall
      ? await this.#turnedFace(search, "thoroughly", UPRIGHT)
      : null;
    const left = face ?? view.spare;
    return turned ?? (left && { view, face: left });
  }

  /** The most symmetric face of the picture turned, if its asymmetry is less than `most`. */
  async #turnedFace(
    search: FaceSearch,
    how: "quickly" | "thoroughly",
    most: number,
  ): Promise<InView | null> {
    let best: InView | null = null;
    for (const turn of TURNS) {
      const view = this.#views.look(search, turn);
      let [face] = await this.#views.framedFaces([view]);
      face ??= (await this.#views.firstFaces([view], "quickly"))[0];
      if (how === "thoroughly") face ??= (await this.#views.firstFaces([view], how))[0];
      if (!face || face.asymmetry >= most) continue;
      if (best === null || face.asymmetry < best.face.asymmetry) best = { view, face };
      if (face.asymmetry < PLAINLY_UPRIGHT) break;
    }
    return best;
  }

  /** The main face, and then the others that the detectors are sure of. */
  async #withOthers(view: View, main: InView): Promise<Found[]> {
    const turned = main.view.turn === 0 ? null : main.view;
    const faces = [main.face];
    const add = (face: Found) => {
      if (!faces.some((other) => areSame(other, face))) faces.push(face);
    };
    const asItLies = await this.#views.allFaces(view);
    const isDoubted = (face: Found) => face.asymmetry > UPRIGHT && !areSame(main.face, face);
    const doTurn = turned === null && mayTurn(view.search) && asItLies.some(isDoubted);
    const others = turned
      ? [turned]
      : doTurn
      ? TURNS.map((turn) => this.#views.look(view.search, turn))
      : [];
    const upright: Found[] = [];
    for (const other of others) upright.push(...await this.#views.allFaces(other));
    const certain = upright.filter(({ asymmetry }) => asymmetry <= UPRIGHT);
    if (turned) certain.forEach(add);
    for (const face of asItLies) {
      if (face.asymmetry <= UPRIGHT) add(face);
      else {
        const better = certain.find((other) => areSame(other, face));
        if (better) add(better);
        else if (!turned) add(face);
      }
    }
    certain.forEach(add);
    return faces;
  }
}

function areSame(a: PlacedFace, b: PlacedFace): boolean {
  const [[ax, ay, size], [bx, by]] = [extentOf(a.points), extentOf(b.points)];
  return Math.hypot(ax - bx, ay - by) < SAME_FACE * size;
}
