/** The work of a comparison: measuring settings and holding them against each other. */

import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import {
  bootstrap,
  intervalAround,
  measureOnce,
  RESAMPLED,
  type ResampledName,
  type Resamples,
} from "../metrics/bootstrap.ts";
import type { Predictions } from "../metrics/predictions.ts";
import { bootstrapP, holm, mcnemarMidP, signFlipP } from "../metrics/significance.ts";
import type { ComparedRun } from "./compared_run.ts";
import type {
  AttributeDifference,
  Comparison,
  Difference,
  Estimate,
  Estimates,
  RunResult,
  SettingResult,
} from "./result.ts";
import { differencesOf, type Setting } from "./settings.ts";

const A = ATTRIBUTES.length;

/** A result counts as significant below this, after Holm's correction for the number of attributes. */
const SIGNIFICANCE = 0.05;

interface Resampled {
  readonly run: ComparedRun;
  readonly values: Readonly<Record<ResampledName, Float64Array>>;
  readonly resamples: Resamples;
}

/** Measures settings and holds each against the first. All runs have the same faces in the same order. */
export function compareSettings(settings: readonly Setting[]): Comparison {
  const resampled = settings.map(({ runs }) =>
    runs.map((run): Resampled => ({
      run,
      values: measureOnce(run.predictions, run.thresholds),
      resamples: bootstrap(run.predictions, run.thresholds),
    }))
  );
  const { split, images } = settings[0]!.runs[0]!.predictions;
  return {
    split,
    images: images.length,
    settings: settings.map((setting, at) => ({
      name: setting.name,
      runs: resampled[at]!.map((run) => runResult(run)),
      measures: estimates(meanOf(resampled[at]!)),
      spread: spreadOf(resampled[at]!),
      against: at === 0 ? null : {
        settings: differencesOf(setting, settings[0]!),
        ...against(resampled[at]!, resampled[0]!),
      },
    })),
  };
}

function runResult(resampled: Resampled): RunResult {
  const { name, folder } = resampled.run;
  const { seed } = folder.config;
  return {
    name,
    path: folder.path,
    seed: typeof seed === "number" ? seed : null,
    measures: estimates(resampled),
  };
}

type Measured = Pick<Resampled, "values" | "resamples">;

/** The mean of the runs, in each resample. */
function meanOf(runs: readonly Measured[]): Measured {
  const mean = (arrays: readonly Float64Array[]) =>
    arrays[0]!.map((_, at) => arrays.reduce((sum, array) => sum + array[at]!, 0) / arrays.length);
  return {
    values: byMeasure((name) => mean(runs.map(({ values }) => values[name]))),
    resamples: byMeasure((name) =>
      Array.from(
        { length: A + 1 },
        (_, column) => mean(runs.map(({ resamples }) => resamples[name][column]!)),
      )
    ),
  };
}

function estimates(measured: Measured): Estimates {
  return byMeasure((name) => estimate(measured, name, A));
}

function estimate({ values, resamples }: Measured, name: ResampledName, column: number): Estimate {
  const value = known(values[name][column]!);
  return { value, interval: intervalAround(value, resamples[name][column]!) };
}

function spreadOf(runs: readonly Measured[]): SettingResult["spread"] {
  if (runs.length < 2) return null;
  const mean = meanOf(runs);
  return byMeasure((name) => {
    const squares = runs.map(({ values }) => (values[name][A]! - mean.values[name][A]!) ** 2);
    return known(Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / (runs.length - 1)));
  });
}

function against(
  runs: readonly Resampled[],
  first: readonly Resampled[],
): Omit<NonNullable<SettingResult["against"]>, "settings"> {
  const [ours, theirs] = [meanOf(runs), meanOf(first)];
  const minus = (a: Float64Array, b: Float64Array) => a.map((value, at) => value - b[at]!);
  const difference: Measured = {
    values: byMeasure((name) => minus(ours.values[name], theirs.values[name])),
    resamples: byMeasure((name) =>
      ours.resamples[name].map((values, column) => minus(values, theirs.resamples[name][column]!))
    ),
  };
  const differenceOf = (name: ResampledName, column: number): Difference => {
    const { value, interval } = estimate(difference, name, column);
    const p = value === null ? null : bootstrapP(difference.resamples[name][column]!);
    return { value, interval, p };
  };
  const pValues = ATTRIBUTES.map((_, column) => pairedP(runs, first, column));
  const corrected = holm(pValues);
  return {
    measures: byMeasure((name) => differenceOf(name, A)),
    test: runs.length > 1 || first.length > 1 ? "paired sign" : "McNemar",
    attributes: ATTRIBUTES.map((name, column): AttributeDifference => ({
      name,
      accuracy: { ...differenceOf("accuracy", column), p: pValues[column]! },
      balancedAccuracy: differenceOf("balancedAccuracy", column),
      localisationIoU: differenceOf("localisationIoU", column),
      pointing: differenceOf("pointing", column),
      corrected: corrected[column]!,
      significant: corrected[column]! < SIGNIFICANCE,
    })),
  };
}

/** Whether one attribute is predicted rightly as often by both. */
function pairedP(runs: readonly Resampled[], first: readonly Resampled[], column: number): number {
  const shareRight = (some: readonly Resampled[], face: number) =>
    some.filter(({ run }) => isRight(run.predictions, face, column)).length / some.length;
  const differences = Float64Array.from(
    first[0]!.run.predictions.images,
    (_, face) => shareRight(runs, face) - shareRight(first, face),
  );
  if (runs.length > 1 || first.length > 1) return signFlipP(differences);
  const count = (sign: number) => differences.filter((value) => value === sign).length;
  return mcnemarMidP(count(-1), count(1));
}

function isRight({ logits, labels }: Predictions, face: number, column: number): boolean {
  return logits[face * A + column]! > 0 === hasAttribute(labels[face]!, column);
}

function byMeasure<T>(of: (name: ResampledName) => T): Record<ResampledName, T> {
  return Object.fromEntries(RESAMPLED.map((name) => [name, of(name)])) as Record<ResampledName, T>;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
