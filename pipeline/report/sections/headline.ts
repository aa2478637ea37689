/** The report's first screen: the result in a sentence and in six numbers: three of which, three of where. */

import { meanOf } from "../../metrics/shares.ts";
import {
  type Interval,
  type Metrics,
  NO_INTERVAL,
  seenText,
  truthText,
} from "../../metrics/metrics.ts";
import { type Html, html } from "../html.ts";
import { shellWord } from "../../files/shell_word.ts";
import { percent, points } from "../text.ts";
import { PROGRAM_NAME } from "../../files/standalone.ts";

/** The numbers that sum up an evaluation, or how to get them. */
export function renderHeadline(metrics: Metrics | null, run: string): Html {
  if (!metrics) {
    return html`
      <p class="note">This run has not been evaluated yet. <code>${PROGRAM_NAME} evaluate --run ${shellWord(
        run,
      )}
      --dataset DIR</code> measures it; then write this report again.</p>
    `;
  }
  const averagePrecision = meanOf(
    metrics.attributes.map(({ averagePrecision }) => averagePrecision),
  );
  const { intervals, tuned } = metrics.evidence ?? {};
  const warning = seenText(metrics);
  return html`
    <p class="lead">${summary(metrics)}</p>
    ${warning !== null && html`<p class="note warning"><b>Warning.</b> ${warning}.</p>`}
    <dl class="headline">
      ${card("Accuracy", metrics.accuracy, compare(metrics), intervals?.accuracy)}
      ${card(
        "Balanced accuracy",
        metrics.balancedAccuracy,
        tuned
          ? `${percent(tuned.balancedAccuracy)} % with tuned thresholds`
          : "majority class 50.0 %",
        intervals?.balancedAccuracy,
      )}
      ${card(
        "Average precision",
        averagePrecision,
        "mean over the attributes",
        intervals?.averagePrecision,
      )}
      ${card(
        "Localisation",
        metrics.localisationIoU,
        compareWithPrior(metrics),
        intervals?.localisationIoU,
      )}
      ${card("Pointing", metrics.pointing, "maxima of maps in the region", intervals?.pointing)}
      ${card(
        "Joint mask IoU",
        metrics.maskIoU,
        "label, region and absence at once",
        intervals?.maskIoU,
      )}
    </dl>
    ${intervals && html`
      <p class="notes">Below each number is its 95&nbsp;% interval, from ${intervals.resamples}
      resamples of the images (bootstrap).</p>
    `}
  `;
}

function card(
  name: string,
  share: number | null,
  remark: string,
  interval: Interval | null | undefined,
): Html {
  return html`
    <div>
      <dt>${name}</dt>
      <dd>${percent(share)}${share === null ? null : html`<small> %</small>`}</dd>
      ${interval &&
        html`<dd class="interval">${percent(interval[0])} to ${percent(interval[1])}</dd>`}
      ${interval === null && share !== null && html`<dd class="interval">${NO_INTERVAL}</dd>`}
      <dd class="remark">${remark}</dd>
    </div>
  `;
}

function compare({ accuracy, majorityAccuracy }: Metrics): string {
  if (accuracy === null || majorityAccuracy === null) return "";
  return `majority class ${percent(majorityAccuracy)} %, ${points(accuracy - majorityAccuracy)}`;
}

function compareWithPrior({ localisationIoU, priorIoU, truth }: Metrics): string {
  const by = truthText({ truth }) === null ? "" : ", by hand-made masks";
  if (localisationIoU === null || priorIoU === null) return `IoU of map and region${by}`;
  return `mean mask ${percent(priorIoU)} %, ${points(localisationIoU - priorIoU)}${by}`;
}

function summary({ split, images, accuracy, majorityAccuracy, balancedAccuracy }: Metrics): string {
  const faces = `${images.toLocaleString("en")} ${images === 1 ? "face" : "faces"}`;
  if (accuracy === null || majorityAccuracy === null) return `The ${split} split has no faces.`;
  const gain = (accuracy - majorityAccuracy) * 100;
  const place = Math.abs(gain) < 0.05
    ? "the same as"
    : `${Math.abs(gain).toFixed(1)} points ${gain > 0 ? "above" : "below"}`;
  const balanced = balancedAccuracy === null
    ? ""
    : ` Counting faces with and without each attribute alike, it is right in ${
      percent(balancedAccuracy)
    } % (constant answers: 50 %).`;
  return `On the ${split} split of ${faces} the network gets ${
    percent(accuracy)
  } % of the labels ` +
    `right, ${place} always giving each attribute’s more frequent answer.${balanced}`;
}
