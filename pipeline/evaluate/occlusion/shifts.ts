/** How far greying out a region, and as many pixels elsewhere, moves logits: from faces to means. */

import { ATTRIBUTES, hasAttribute } from "../../face/attributes.ts";
import { BOOTSTRAP_SEED, LEVEL, RESAMPLES } from "../../metrics/bootstrap.ts";
import {
  type Estimate,
  estimateOf,
  meanOfMeans,
  type ResampledMean,
  resampleMeans,
} from "./resampled_means.ts";

/** What was measured on one face. NaN where it does not count. */
export interface FaceShifts {
  /** 40 label bits. */
  readonly labels: number;
  /** f64 [A]: how far each logit falls when the attribute's region is greyed out; negative if it rises. */
  readonly region: Float64Array;
  /** f64 [A]: the same of as many pixels elsewhere. */
  readonly elsewhere: Float64Array;
}

/** A region against as many pixels elsewhere. Null where no face counts. */
export interface Shifts {
  /** The region greyed out. */
  readonly region: Estimate | null;
  /** As many pixels elsewhere on the face greyed out. */
  readonly elsewhere: Estimate | null;
  /** Region less elsewhere, paired by face. */
  readonly difference: Estimate | null;
}

/** One attribute. */
export interface AttributeOcclusion extends Shifts {
  /** As in `ATTRIBUTES`. */
  readonly name: string;
  /** Faces that count: the region is in the picture, and there are as many pixels elsewhere. */
  readonly faces: number;
  /** How far the logit falls, signed, of the faces that have the attribute. */
  readonly fall: Shifts & { readonly faces: number };
}

/** What `RUN/occlusion.json` holds besides its schema. Shifts are mean |Δlogit|. */
export interface Occlusion {
  /** The split that was evaluated. */
  readonly split: string;
  /** Faces that were occluded. */
  readonly faces: number;
  /** Share of the resamples that an interval covers. */
  readonly level: number;
  /** Resamples behind each interval. */
  readonly resamples: number;
  /** Of the resamples; where elsewhere is depends on it and on the face's name. */
  readonly seed: number;
  /** Means over the attributes that have an elsewhere on two faces or more: the same ones for each. */
  readonly means: Shifts & { readonly attributes: number; readonly fall: Shifts };
  /** The attributes that were learnt, in the order of `ATTRIBUTES`. */
  readonly attributes: readonly AttributeOcclusion[];
}

/** Faces that an attribute needs to count in the means: one has no interval. */
const LEAST = 2;

const SHIFTS = ["region", "elsewhere", "difference"] as const;

/** A shift for each of {@linkcode SHIFTS}. */
type OfEach<T> = Readonly<Record<typeof SHIFTS[number], T>>;

/** Takes the means over faces, with intervals. */
export function summarise(
  shifts: readonly FaceShifts[],
  split: string,
  learnt: readonly string[] = ATTRIBUTES,
): Occlusion {
  const names = ATTRIBUTES.filter((name) => learnt.includes(name));
  const columns = names.flatMap((name) => columnsOf(shifts, ATTRIBUTES.indexOf(name)));
  const means = resampleMeans(columns, shifts.length);
  const resampled = names.map((_, at) => ({
    move: ofEach((shift) => means[6 * at + shift]!),
    fall: ofEach((shift) => means[6 * at + 3 + shift]!),
  }));
  const attributes = names.map((name, at): AttributeOcclusion => {
    const { move, fall } = resampled[at]!;
    const { faces } = move.region;
    return {
      name,
      faces,
      ...estimates(move),
      fall: { faces: fall.region.faces, ...estimates(fall) },
    };
  });
  const paired = resampled.filter(({ move }) => move.elsewhere.faces >= LEAST);
  const over = (kind: "move" | "fall") =>
    estimates(ofEach((_, name) => meanOfMeans(paired.map((means) => means[kind][name]))));
  return {
    split,
    faces: shifts.length,
    level: LEVEL,
    resamples: RESAMPLES,
    seed: BOOTSTRAP_SEED,
    means: { attributes: paired.length, ...over("move"), fall: over("fall") },
    attributes,
  };
}

/** Six values for each face: how far the logit moves, then how far it falls if the face has the attribute. */
function columnsOf(shifts: readonly FaceShifts[], column: number): Float64Array[] {
  const of = (value: (face: FaceShifts) => number) => Float64Array.from(shifts, value);
  const region = (face: FaceShifts) => face.region[column]!;
  const elsewhere = (face: FaceShifts) => face.elsewhere[column]!;
  const ifPresent = (value: (face: FaceShifts) => number) => (face: FaceShifts) =>
    hasAttribute(face.labels, column) ? value(face) : NaN;
  return [
    of((face) => Math.abs(region(face))),
    of((face) => Math.abs(elsewhere(face))),
    of((face) => Math.abs(region(face)) - Math.abs(elsewhere(face))),
    of(ifPresent(region)),
    of(ifPresent(elsewhere)),
    of(ifPresent((face) => region(face) - elsewhere(face))),
  ];
}

function ofEach<T>(value: (shift: number, name: typeof SHIFTS[number]) => T): OfEach<T> {
  const [region, elsewhere, difference] = SHIFTS.map((name, shift) => value(shift, name));
  return { region: region!, elsewhere: elsewhere!, difference: difference! };
}

function estimates(means: OfEach<ResampledMean>): Shifts {
  return ofEach((_, name) => estimateOf(means[name]));
}
