/** What occluding regions showed, for a terminal. */

import type { Occlusion, OcclusionEstimate } from "../../evaluate/occlusion.ts";

/** One line of how far logits move, and one of how far they fall where the attribute is there. */
export function occlusionText({ faces, means, attributes }: Occlusion): string {
  const { region, elsewhere, fall } = means;
  if (!region || !elsewhere) {
    return `occlusion: on ${faces} faces no attribute has a region with as many pixels elsewhere`;
  }
  const clear = attributes.filter(({ difference }) => (difference?.interval?.[0] ?? 0) > 0);
  const lines = [
    `occlusion: the region moves a logit by ${estimateText(region)}, ` +
    `as many pixels elsewhere by ${estimateText(elsewhere)}`,
    `(means of ${means.attributes} attributes over ${faces} faces; for ${clear.length} of them the ` +
    `region moves it further, with the interval of the difference above 0)`,
  ];
  if (fall.region && fall.elsewhere) {
    lines.splice(
      1,
      0,
      `of faces that have the attribute, the logit falls by ${estimateText(fall.region)} ` +
        `and ${estimateText(fall.elsewhere)}`,
    );
  }
  return lines.join("\n");
}

/** `1.42 (1.31 to 1.55)` */
function estimateText({ mean, interval }: OcclusionEstimate): string {
  const text = (value: number) => value.toFixed(2).replace(/^-(0\.00)$/, "$1");
  return interval ? `${text(mean)} (${interval.map(text).join(" to ")})` : text(mean);
}
