/** The measures of an evaluation for a terminal. */

import type { Interval } from "../../metrics/bootstrap.ts";
import { truthText } from "../../metrics/mask_overlap.ts";
import { type Metrics, NO_INTERVAL, seenText } from "../../metrics/measures.ts";
import { metricsTable } from "../../metrics/table.ts";
import { formatPercent } from "../../numbers/text.ts";
import { tableText } from "../terminal/table.ts";

/**
 * The table of the attributes, and below it the whole split: the means with their intervals, the means at
 * the attributes' own thresholds, and how often the predictions contradict each other.
 *
 * @param columns Of the terminal; null for any.
 */
export function metricsText(metrics: Metrics, columns: number | null = null): string {
  const { split, images, accuracy, balancedAccuracy, majorityAccuracy, evidence } = metrics;
  const { averagePrecision = null, intervals, tuned, consistency = [] } = evidence ?? {};
  const lines = [
    `${images} images of the ${split} split (in brackets: 95 % intervals)`,
    `accuracy ${measured(accuracy, intervals?.accuracy)}, always the majority: ${
      percent(majorityAccuracy)
    }`,
    `balanced accuracy ${measured(balancedAccuracy, intervals?.balancedAccuracy)}`,
    `average precision ${measured(averagePrecision, intervals?.averagePrecision)}`,
    ...maskLines(metrics),
  ];
  const warning = seenText(metrics);
  if (warning !== null) lines.unshift(warning);
  if (tuned && intervals) {
    lines.push(
      `with thresholds chosen on ${tuned.images} images of the ${tuned.split} split: accuracy ${
        measured(tuned.accuracy, intervals.tunedAccuracy)
      }, balanced accuracy ${measured(tuned.balancedAccuracy, intervals.tunedBalancedAccuracy)}`,
    );
  }
  const any = consistency.at(-1);
  if (any) {
    lines.push(
      `faces with predictions that exclude each other: ${any.predicted} (with such labels: ${any.labelled})`,
    );
  }
  return `${tableText(metricsTable(metrics), { footer: true, columns })}\n\n${lines.join("\n")}`;
}

/** Where, on faces that have the attribute; and last the measure that mixes it with which. */
function maskLines(metrics: Metrics): string[] {
  const { localisationIoU, priorIoU, pointing, maskIoU, landmarkIoU, evidence } = metrics;
  const { intervals } = evidence ?? {};
  const truth = truthText(metrics);
  const landmarks = landmarkIoU == null ? "" : `, masks of landmarks: ${percent(landmarkIoU)}`;
  const prior = priorIoU === null ? "" : `, always the mean mask: ${percent(priorIoU)}`;
  return [
    ...truth === null ? [] : [`where is measured ${truth}`],
    `localisation ${measured(localisationIoU, intervals?.localisationIoU)}${prior}${landmarks}`,
    `pointing ${measured(pointing, intervals?.pointing)}`,
    `joint mask IoU (label, region and absence at once) ${measured(maskIoU, intervals?.maskIoU)}`,
  ];
}

/** `79.4 % [77.7, 81.0]`; without intervals, as of older runs, the share alone. */
function measured(share: number | null, interval?: Interval | null): string {
  if (share === null || interval === undefined) return percent(share);
  if (interval === null) return `${percent(share)} [${NO_INTERVAL}]`;
  return `${percent(share)} [${interval.map((end) => (end * 100).toFixed(1)).join(", ")}]`;
}

function percent(share: number | null): string {
  return share === null ? "not measured" : formatPercent(share);
}
