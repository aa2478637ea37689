/** The comparison's differences of the attributes. */

import { type Html, html } from "../report/html.ts";
import { spaced } from "../report/text.ts";
import { plotDifferences } from "./plots.ts";
import type { AttributeDifference } from "./result.ts";

/** A measure of which the differences of the attributes are drawn. */
type AttributeMeasure = "accuracy" | "balancedAccuracy" | "localisationIoU" | "pointing";

/** A panel for each measure that is known of both, all in the order of the accuracies' differences. */
export function renderDifferences(
  name: string,
  attributes: readonly AttributeDifference[],
): Html[] {
  const sorted = attributes.toSorted((a, b) => (b.accuracy.value ?? 0) - (a.accuracy.value ?? 0));
  const names = sorted.map(({ name }) => spaced(name));
  const rows = (measure: AttributeMeasure) =>
    sorted.flatMap((attribute) => {
      const { value, interval } = attribute[measure];
      if (value === null || interval === null) return [];
      const significant = measure === "accuracy" && attribute.significant;
      return [{ name: spaced(attribute.name), value, interval, significant }];
    });
  const panels: [string, AttributeMeasure][] = [
    ["Accuracy", "accuracy"],
    ["Balanced accuracy", "balancedAccuracy"],
    ["Localisation", "localisationIoU"],
    ["Pointing", "pointing"],
  ];
  return panels.filter(([, measure]) => rows(measure).length > 0).map(([title, measure]) =>
    html`<div class="panel"><h3>${title}</h3>${
      plotDifferences(`${title}: ${name}`, rows(measure), names)
    }</div>`
  );
}
