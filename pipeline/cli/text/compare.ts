/** A comparison for a terminal. */

import type { Comparison, Difference, Estimate, SettingResult } from "../../compare/result.ts";
import { intervalText, MEASURES, ONE_SETTING, pText, TESTS } from "../../compare/text.ts";
import { percent, points } from "../../report/text.ts";
import { tableText } from "../terminal/table.ts";

/**
 * The settings side by side with their runs, and for each but the first what is different and which
 * attributes differ significantly.
 *
 * @param columns Of the terminal; null for any.
 */
export function comparisonText(
  { split, images, settings }: Comparison,
  columns: number | null = null,
): string {
  const [first, ...others] = settings;
  const head = ["Setting", ...MEASURES.map(([, title]) => title)];
  const rows = settings.flatMap(settingRows);
  return [
    tableText({ head, rows }, { columns }),
    `${images} images of the ${split} split, in percent. Below each mean: 95 % of a bootstrap over the ` +
    "images; ±: standard deviation between the runs of a setting.",
    ...(others.length === 0
      ? [ONE_SETTING]
      : others.map((setting) => againstText(setting, first!.name, columns))),
  ].join("\n\n");
}

function settingRows({ name, runs, measures, spread }: SettingResult): string[][] {
  const value = (estimate: Estimate, spread: number | null = null) =>
    percent(estimate.value) + (spread === null ? "" : ` ± ${percent(spread)}`);
  return [
    [name, ...MEASURES.map(([measure]) => value(measures[measure], spread?.[measure]))],
    ["", ...MEASURES.map(([measure]) => rangeOf(measures[measure]))],
    ...(runs.length === 1 ? [] : runs.map((run) => [
      `  ${run.name}`,
      ...MEASURES.map(([measure]) => value(run.measures[measure])),
    ])),
  ];
}

function rangeOf({ value, interval }: Estimate, end?: (share: number) => string): string {
  return value === null ? "" : intervalText(interval, end);
}

function againstText(
  { name, against }: SettingResult,
  first: string,
  columns: number | null,
): string {
  if (!against) return "";
  const cells = (cell: (difference: Difference) => string) =>
    MEASURES.map(([measure]) => cell(against.measures[measure]));
  const table = tableText({
    head: ["In points", ...MEASURES.map(([, title]) => title)],
    rows: [
      ["Difference", ...cells(({ value }) => value === null ? "" : points(value))],
      ["95 %", ...cells((difference) => rangeOf(difference, points))],
      ["", ...cells(({ p }) => p === null ? "" : pText(p))],
    ],
  }, { columns });
  const set = against.settings.map(({ key, value, other }) =>
    `${key} ${value ?? "not set"} (instead of ${other ?? "not set"})`
  );
  const differing = against.attributes.filter(({ significant }) => significant).map((attribute) =>
    `${attribute.name} ${points(attribute.accuracy.value ?? 0)} (${pText(attribute.corrected)})`
  );
  return [
    `${name} against ${first}: ${set.length === 0 ? "the same configuration" : set.join(", ")}`,
    table,
    `Attributes with another accuracy (${
      TESTS[against.test]
    }, Holm’s correction for ${against.attributes.length}, 5 %): ` +
    (differing.length === 0 ? "none" : differing.join(", ")),
  ].join("\n");
}
