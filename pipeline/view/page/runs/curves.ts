/** What runs measured, as lines of figures. */

import { measured, percent } from "../../../report/text.ts";
import type { RunLog } from "../../wire.ts";

/** What lies along the figures' width. */
export type Axis = "epochs" | "steps" | "seconds";

/** Numbers along both axes; null leaves a gap. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/** A run in a figure. */
export interface Line {
  readonly name: string;
  /** A variable of the style. */
  readonly colour: string;
  /** Drawn firmly. */
  readonly main: Curve;
  /** Drawn thinly, or in dashes. */
  readonly beside: Curve;
}

type Epoch = RunLog["epochs"][number];

/** What a figure shows. */
export interface Figure {
  readonly title: string;
  /** What it is called beside a number, and what the line beside it is. */
  readonly besideName: string;
  /** Whether the line beside is a floor, in dashes, and no other measure of the run. */
  readonly isFloor: boolean;
  /** Whether it can be drawn by powers of ten. */
  readonly isLoss: boolean;
  /** Whether it has a point for each epoch. */
  readonly isByEpoch: boolean;
  readonly says: (value: number | null) => string;
  readonly main: (log: RunLog) => Placed;
  readonly beside: (log: RunLog) => Placed;
}

/** Values by where they lie in the training, in epochs. */
interface Placed {
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
}

/** A value of each epoch, at its end. */
function each(of: (epoch: Epoch) => number | null | undefined): (log: RunLog) => Placed {
  return ({ epochs }) => ({
    at: epochs.map(({ epoch }) => epoch + 1),
    values: epochs.map((epoch) => of(epoch) ?? null),
  });
}

/** What no network is needed for, from the beginning on. */
function floor(of: (epoch: Epoch) => number | null | undefined): (log: RunLog) => Placed {
  return (log) => {
    const { at, values } = each(of)(log);
    return at.length === 0 ? { at, values } : { at: [0, ...at], values: [values[0]!, ...values] };
  };
}

function steps(name: "attributeLoss" | "maskLoss" | "learningRate"): (log: RunLog) => Placed {
  return ({ steps }) => ({ at: steps.epochs, values: steps[name] });
}

const LOSS = {
  besideName: "training",
  isFloor: false,
  isLoss: true,
  isByEpoch: true,
  says: measured,
} as const;
const SHARE = { isFloor: true, isLoss: false, isByEpoch: true, says: percent } as const;

export const FIGURES: readonly Figure[] = [
  {
    ...{ title: "Attribute loss in validation (thin: in training)", ...LOSS },
    main: each(({ validation }) => validation?.attributeLoss),
    beside: steps("attributeLoss"),
  },
  {
    ...{ title: "Mask loss in validation (thin: in training)", ...LOSS },
    main: each(({ validation }) => validation?.maskLoss),
    beside: steps("maskLoss"),
  },
  {
    ...{ title: "Balanced accuracy, % (dashed: by chance)", besideName: "chance", ...SHARE },
    main: each(({ validation }) => validation?.balancedAccuracy),
    beside: floor(() => 0.5),
  },
  {
    ...{ title: "Localisation, % (dashed: of the mean mask)", besideName: "mean mask", ...SHARE },
    main: each(({ validation }) => validation?.localisationIoU),
    beside: floor(({ validation }) => validation?.priorIoU),
  },
  {
    ...{ title: "Learning rate", ...LOSS, isByEpoch: false },
    main: steps("learningRate"),
    beside: () => ({ at: [], values: [] }),
  },
];

/** Where the last of all lines ends. */
export function endOf(lines: readonly Line[]): number {
  return Math.max(
    0,
    ...lines.flatMap(({ main, beside }) => [main.x.at(-1) ?? 0, beside.x.at(-1) ?? 0]),
  );
}

/** A curve of a run along an axis; empty where nobody knows yet how long an epoch takes. */
export function curveAlong(axis: Axis, log: RunLog, { at, values }: Placed): Curve {
  if (axis === "epochs") return { x: at, y: values };
  const [epochs, ends] = axis === "steps" ? [log.steps.epochs, log.steps.steps] : timesOf(log);
  if (epochs.length < 2) return { x: [], y: [] };
  return { x: at.map((place) => interpolate(place, epochs, ends)), y: values };
}

/** When epochs ended, in seconds of training. */
function timesOf({ epochs }: RunLog): readonly [epochs: number[], seconds: number[]] {
  let sum = 0;
  const seconds = epochs.map((epoch) => sum += epoch.seconds ?? 0);
  return [[0, ...epochs.map(({ epoch }) => epoch + 1)], [0, ...seconds]];
}

/**
 * The value at `x` between points that rise, of which there are two at least; beyond them, on the line through
 * the nearest two.
 */
export function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  const share = (x - xs[low]!) / (xs[high]! - xs[low]!);
  return ys[low]! + share * (ys[high]! - ys[low]!);
}
