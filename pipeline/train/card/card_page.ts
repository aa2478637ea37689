/** The card as a page, `RUN/model/README.md`. */

import { truthText } from "../../metrics/metrics.ts";
import type { CardMeasure } from "./card_measures.ts";
import type { ModelCard } from "./model_card.ts";

/** The text of the page, in Markdown. */
export function cardPage(card: ModelCard): string {
  const { input, outputs: { names, learnt, maps }, training, measures } = card;
  const { dataset, faces, validationFaces, imported, seed, epochs, versions } = training;
  const known = (value: number | string | null) => value ?? "not known";
  return [
    `# AttParseNet, preset ${card.preset}`,
    "A network that says which of CelebA's 40 attributes a face has, and where. " +
    "`card.json` has all this for programs.",
    "## Input",
    list([
      `one face, ${input.height}x${input.width} (height x width), 3 channels: ${
        input.channels.join(", ")
      }`,
      `f32 from ${input.range[0]} to ${input.range[1]}: ${input.scaling}`,
      `framing: ${input.alignment}`,
    ]),
    "## Output",
    list([
      `\`logits\`: ${names.length} numbers; the probability is 1 / (1 + exp(-logit))`,
      `\`maps\`: ${names.length} maps of ${maps.height}x${maps.width}, each stretched over the image: ` +
      `${maps.values}; above 0.5 is inside`,
      `in this order: ${names.join(", ")}`,
      ...learnt.length < names.length ? [`trained: ${learnt.join(", ")}`] : [],
    ]),
    ...measures ? measured(card) : ["## Measures", "It has not been evaluated."],
    "## Training",
    list([
      `data set: ${known(dataset)} (the name of its folder); ${known(faces)} faces, and ${
        known(validationFaces)
      } to choose the weights by`,
      imported === null
        ? `seed ${seed}, ${epochs} epochs`
        : `imported from ${imported}: how it was trained is not known`,
      Object.entries(versions).map((pair) => pair.join(" ")).join(", "),
    ]),
    "## Licence",
    card.licence,
    "## Intended use",
    list(card.intendedUse),
    "## Limits",
    list(card.limits),
  ].join("\n\n") + "\n";
}

/** The measures, in percent. */
function measured({ measures, thresholds }: ModelCard): string[] {
  const { split, images, level, means, attributes } = measures!;
  const { accuracy, majorityAccuracy, balancedAccuracy, averagePrecision } = means;
  const truth = truthText(measures!);
  const brackets = level === null ? "" : ` In brackets: ${Math.round(100 * level)} % intervals.`;
  const rows = Object.entries(attributes).map(([name, of]) => [
    name,
    ...[of.accuracy, of.balancedAccuracy, of.averagePrecision, of.localisationIoU].map(percent),
    thresholds?.[name]?.toFixed(3) ?? "0.5",
  ]);
  const head = ["attribute", "accuracy", "balanced", "AP", "localisation", "threshold"];
  return [
    "## Measures",
    `On ${images} faces of the ${split} split, in percent.${brackets}`,
    list([
      `accuracy ${percent(accuracy)}; always the majority: ${percent(majorityAccuracy)}`,
      `balanced accuracy ${percent(balancedAccuracy)}`,
      `average precision ${percent(averagePrecision)}`,
      `localisation ${percent(means.localisationIoU)}, pointing ${percent(means.pointing)}` +
      (truth === null ? "" : `, ${truth}`),
      thresholds === null
        ? "no thresholds were chosen: one half is as good as any"
        : `at the thresholds below: accuracy ${percent(means.tunedAccuracy)}, ` +
          `balanced accuracy ${percent(means.tunedBalancedAccuracy)}`,
    ]),
    [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n"),
  ];
}

function percent({ value, interval }: CardMeasure): string {
  if (value === null) return "n/a";
  const number = (share: number) => (100 * share).toFixed(1);
  return number(value) + (interval ? ` (${interval.map(number).join(" to ")})` : "");
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
