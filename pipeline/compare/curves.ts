/** The training curves of a comparison. */

import type { CurvePanel, Point } from "../report/plots/plots.ts";
import type { EpochEntry } from "../report/training_log.ts";
import { seriesOf } from "./plots.ts";
import type { Setting } from "./settings.ts";

/** Curves of all runs over one another; a panel that no run has a curve for is left out. */
export function panelsOf(settings: readonly Setting[]): [title: string, CurvePanel][] {
  const panel = (
    title: string,
    format: CurvePanel["format"],
    value: (entry: EpochEntry) => number | null | undefined,
    at: (entry: EpochEntry) => number,
  ): [string, CurvePanel] => {
    const curves = settings.flatMap(({ runs }, setting) =>
      runs.map(({ folder }) => ({
        kind: seriesOf(setting),
        points: (folder.log?.epochs ?? []).flatMap((entry): Point[] => {
          const y = value(entry) ?? null;
          return y === null ? [] : [[at(entry), y]];
        }),
      }))
    );
    return [title, { label: `${title} over the epochs`, curves, format }];
  };
  const end = ({ epoch }: EpochEntry) => epoch + 1;
  const all = [
    panel(
      "Attribute loss, training",
      "number",
      ({ train }) => train.attributeLoss,
      ({ epoch }) => epoch + 0.5,
    ),
    panel(
      "Attribute loss, validation",
      "number",
      ({ validation }) => validation?.attributeLoss,
      end,
    ),
    panel(
      "Balanced accuracy, validation, %",
      "share",
      ({ validation }) => validation?.balancedAccuracy,
      end,
    ),
    panel(
      "Localisation, validation, %",
      "share",
      ({ validation }) => validation?.localisationIoU,
      end,
    ),
    panel("Pointing, validation, %", "share", ({ validation }) => validation?.pointing, end),
    panel("Joint mask IoU, validation, %", "share", ({ validation }) => validation?.maskIoU, end),
  ];
  return all.filter(([, { curves }]) => curves.some(({ points }) => points.length > 0));
}
