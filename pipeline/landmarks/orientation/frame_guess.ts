/**
 * Faces where CelebA's aligned frame has them: a first guess that is verified instead of searched for.
 *
 * All figures: 2,400 aligned images of CelebA, the same upside down, and 1,200 parts of iBUG-68's
 * photographs that show no face there.
 */

import type { RgbImage } from "../../image/image.ts";
import { FRAME } from "../../face/frame.ts";
import { ALIGNED_EYES } from "../aligned_face.ts";
import { alignedCandidate } from "../detection/candidates.ts";
import { eyeCentres, nearestPoints, pointDistance, squareByEyes } from "../face_square.ts";
import { CROP_SCALE, type NetPlacer } from "../placing/net_placer.ts";
import { askOnce, type PredictPoints } from "../placing/predictor_questions.ts";
import { levelBox, startOf } from "../placing/tree_placer.ts";

/** A picture has the frame's shape if the ratio of its sides differs from the frame's by less than this. */
const SHAPE = 0.01;

/**
 * The predictor's answer holds up alone if that from the mirror image is no farther from it than `mirror`,
 * that from the box around both no farther than `again` (as NME), and each eye no farther from its place in
 * the frame than `eyes`, in pixels of the frame. So it is on 73 of 100 images, and on none of the others.
 */
const ALONE = { mirror: 0.016, again: 0.02, eyes: 4.5 } as const;

/** So does one that is nearer to what the network sees: of the rest, on 4 of 10; upside down, on none. */
const SEEN = 0.05;

/**
 * And one nearer than `likely`, where the network sees the same in the mirror but for `mirror`: of the rest
 * on 4 of 10; upside down, on one.
 */
const MIRRORED = { likely: 0.08, mirror: 0.038 } as const;

/** What the predictor says of a face in the frame. */
interface Guess {
  readonly image: RgbImage;
  /** From the frame's own box: the mean of the picture's and the mirror image's points. */
  readonly first: Float32Array;
  /** From the box around those. */
  readonly again: Float32Array;
  /** Mean of both, which is nearer to hand-made points than either. */
  readonly points: Float32Array;
  /** Whether they hold up without the network. */
  readonly holds: boolean;
}

/** Places points on aligned faces. */
export class FrameGuess {
  readonly #net: NetPlacer;
  readonly #predict: PredictPoints;

  constructor(net: NetPlacer, predict: PredictPoints) {
    this.#net = net;
    this.#predict = predict;
  }

  /**
   * Points f32 [136] on each picture, in its pixels; null where it shows no upright face in the frame's
   * place for sure.
   */
  async place(images: readonly RgbImage[]): Promise<(Float32Array | null)[]> {
    const guesses = await this.#guess(images);
    const doubted = guesses.filter(({ holds }) => !holds);
    const seen = new Map(this.#see(doubted).map((points, i) => [doubted[i]!, points]));
    return guesses.map((guess) => guess.holds ? guess.points : seen.get(guess) ?? null);
  }

  async #guess(images: readonly RgbImage[]): Promise<Guess[]> {
    const questions = images.flatMap((image) => {
      const box = startOf(alignedCandidate(image)).edges;
      return [{ image, box }, { image, box, mirrored: true }];
    });
    const both = await askOnce(this.#predict, questions);
    const pairs = images.map((_, i) => [both[2 * i]!, both[2 * i + 1]!] as const);
    const firsts = pairs.map(([plain, mirrored]) => meanOf(plain, mirrored));
    const agains = await askOnce(
      this.#predict,
      images.map((image, i) => ({ image, box: levelBox(firsts[i]!) })),
    );
    return images.map((image, i) => {
      const [first, again, [plain, mirrored]] = [firsts[i]!, agains[i]!, pairs[i]!];
      const holds = pointDistance(plain, mirrored) < ALONE.mirror &&
        pointDistance(first, again) < ALONE.again && eyeOffset(image, first) < ALONE.eyes;
      return { image, first, again, points: meanOf(first, again), holds };
    });
  }

  /** The points of each guess that the network confirms, or null. */
  #see(guesses: readonly Guess[]): (Float32Array | null)[] {
    const looks = (of: readonly Guess[], mirrored: boolean) =>
      this.#net.look(of.map(({ image, first }) => ({
        ...{ image, mirrored },
        square: squareByEyes(first, CROP_SCALE),
      })));
    const seen = looks(guesses, false);
    const nearest = guesses.map(({ first, again, points }, i) =>
      nearestPoints([points, first, again], seen[i]!)
    );
    const likely = guesses.map((_, i) => i).filter((i) => {
      const { distance } = nearest[i]!;
      return distance >= SEEN && distance < MIRRORED.likely;
    });
    const mirrored = looks(likely.map((i) => guesses[i]!), true);
    const confirmed = new Set(
      likely.filter((i, k) => pointDistance(seen[i]!, mirrored[k]!) < MIRRORED.mirror),
    );
    return nearest.map(({ points, distance }, i) =>
      distance < SEEN || confirmed.has(i) ? points : null
    );
  }
}

/** Whether a picture has the shape of CelebA's aligned frame. */
export function hasFrame({ width, height }: Pick<RgbImage, "width" | "height">): boolean {
  return Math.abs(width / height / (FRAME.width / FRAME.height) - 1) < SHAPE;
}

/** How far the farther eye is from its place in the frame, in pixels of the frame. */
function eyeOffset({ height }: RgbImage, points: Float32Array): number {
  const scale = FRAME.height / height;
  const { apart, y } = ALIGNED_EYES;
  const offsets = eyeCentres(points).map(([eyeX, eyeY], i) => {
    const x = FRAME.width / 2 + (i - 0.5) * apart;
    return Math.hypot(eyeX * scale - x, eyeY * scale - y);
  });
  return Math.max(...offsets);
}

function meanOf(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => (value + b[i]!) / 2);
}
