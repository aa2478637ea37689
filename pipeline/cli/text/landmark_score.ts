/** The score of landmarks for a terminal. */

import { FAILURE_ERROR, type LandmarkScore } from "../../landmarks/scoring/score.ts";
import { formatPercent } from "../../numbers/text.ts";
import { pairsText } from "../terminal/table.ts";

/** The figures below each other, `n/a` where there is nothing that they could be of. */
export function scoreText(score: Omit<LandmarkScore, "errors" | "missedFaces">): string {
  const { faces, missed, stray, mean, median, failureRate, failuresOrMissed, auc } = score;
  const share = percent(missed / faces);
  return pairsText([
    ["faces", count(faces)],
    ["missed", missed === 0 ? "0" : `${count(missed)} (${share})`],
    ["NME, mean", figure(mean)],
    ["NME, median", figure(median)],
    [
      `NME above ${FAILURE_ERROR}`,
      `${percent(failureRate)} of those found, ${percent(failuresOrMissed)} with those missed`,
    ],
    [`AUC up to ${FAILURE_ERROR}`, figure(auc)],
    ["stray", count(stray)],
  ]);
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function figure(value: number): string {
  return Number.isNaN(value) ? "n/a" : value.toFixed(4);
}

function percent(share: number): string {
  return Number.isNaN(share) ? "n/a" : formatPercent(share);
}
