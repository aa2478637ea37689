/** What a comparison finds out. */

import type { Interval, ResampledName } from "../metrics/metrics.ts";
import type { SettingDifference } from "./settings.ts";

/** A measure with how sure it is. */
export interface Estimate {
  /** Null where it is undefined. */
  readonly value: number | null;
  /** 95 % of a bootstrap over the images. */
  readonly interval: Interval | null;
}

/** A difference of measures, this setting's less the first one's, with how sure it is. */
export interface Difference extends Estimate {
  /** Two-sided p-value of the paired bootstrap; for an attribute's accuracy, of the paired test. */
  readonly p: number | null;
}

/** Mean measures over the attributes. */
export type Estimates = Readonly<Record<ResampledName, Estimate>>;

/** One run of a setting. */
export interface RunResult {
  /** The folder's name. */
  readonly name: string;
  /** The folder. */
  readonly path: string;
  /** What its random numbers started from. */
  readonly seed: number | null;
  /** Its mean measures. */
  readonly measures: Estimates;
}

/** How an attribute fares in a setting against the first one. */
export interface AttributeDifference {
  /** As in `ATTRIBUTES`. */
  readonly name: string;
  /** Its p-value is of McNemar's mid-p test, or of the paired sign test where runs are repeated. */
  readonly accuracy: Difference;
  /** Its p-value is of the paired bootstrap. */
  readonly balancedAccuracy: Difference;
  /** Likewise. */
  readonly localisationIoU: Difference;
  /** Likewise. */
  readonly pointing: Difference;
  /** The p-value of the accuracy, corrected by Holm's method for the 40 attributes. */
  readonly corrected: number;
  /** Whether that is below 5 %. */
  readonly significant: boolean;
}

/** One setting: a run, or several that differ in the seed alone. */
export interface SettingResult {
  /** The run's name, or what its runs' names have in common. */
  readonly name: string;
  /** Its runs. */
  readonly runs: readonly RunResult[];
  /** Mean measures, over several runs their mean. */
  readonly measures: Estimates;
  /** Standard deviation of each measure between the runs; null for a single one. */
  readonly spread: Readonly<Record<ResampledName, number | null>> | null;
  /** Against the first setting; null for the first one itself. */
  readonly against: {
    /** What was set differently. */
    readonly settings: readonly SettingDifference[];
    /** The mean measures. */
    readonly measures: Readonly<Record<ResampledName, Difference>>;
    /** The test of the attributes' accuracies: McNemar's (mid-p) between two single runs. */
    readonly test: "McNemar" | "paired sign";
    /** In the order of `ATTRIBUTES`. */
    readonly attributes: readonly AttributeDifference[];
  } | null;
}

/** The result of `compare`. */
export interface Comparison {
  /** What all runs were measured on. */
  readonly split: string;
  /** How many images. */
  readonly images: number;
  /** The first one is what the others are held against. */
  readonly settings: readonly SettingResult[];
}
