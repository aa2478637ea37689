/**
 * The measures of an evaluation for a terminal.
 *
 * @module
 */

import { type Metrics, metricsTable } from "../metrics.ts";
import { tableText } from "./table.ts";

/** The table of the attributes, and below it one line for the whole split. */
export function metricsText(metrics: Metrics): string {
  const { split, images, accuracy, balancedAccuracy, majorityAccuracy, maskIoU } = metrics;
  const parts = [
    `accuracy ${percent(accuracy)} (always the majority: ${percent(majorityAccuracy)})`,
    `balanced accuracy ${percent(balancedAccuracy)}`,
    `mask IoU ${percent(maskIoU)}`,
  ];
  const summary = `${images} images of the ${split} split: ${parts.join(", ")}`;
  return `${tableText(metricsTable(metrics), { footer: true })}\n\n${summary}`;
}

function percent(share: number | null): string {
  return share === null ? "not measured" : `${(share * 100).toFixed(1)} %`;
}
