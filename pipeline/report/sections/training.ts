/** The report's account of the training: curves, and the numbers of each epoch. */

import { cells, columns, type Html, html, key } from "../html.ts";
import { type Curve, type CurvePanel, plotCurves, type Point } from "../plots/plots.ts";
import { measured, NOTHING, percent } from "../text.ts";
import { formatDuration } from "../../numbers/text.ts";
import type { Validation } from "../../train/files/log.ts";
import type { EpochEntry, Losses, TrainingLog } from "../training_log.ts";

/** Most points of a curve of single steps; more would not be told apart at its width. */
const MOST_POINTS = 240;

/** Curves and the table of epochs, or why there are none. */
export function renderTraining(log: TrainingLog | null): Html {
  if (!log || (log.steps.length === 0 && log.epochs.length === 0)) {
    return html`<p class="note">The run has no training log (<code>log.ndjson</code>) yet.</p>`;
  }
  return html`
    <p>${summary(log)}</p>
    <figure>
      <div class="panels">${panelsOf(log).map(([title, panel]) =>
        html`<div class="panel"><h3>${title}</h3>${plotCurves(panel)}</div>`
      )}</div>
      <figcaption><b>Figure 1.</b> Losses and validation measures over the epochs.
      ${key("line", "steps", "single steps")} ${key("line", "train", "training, mean of the epoch")}
      ${key(
        "dashed",
        "validation",
        "validation",
      )}. The total loss is the binary cross entropy of the
      attributes plus the weighted loss of the masks; the highest few of the single
      steps may lie above the frame. Localisation: how well the maps lie on the regions of faces that have the
      attribute, beside the mean mask of the training faces where it is known.</figcaption>
    </figure>
    ${log.epochs.length > 0 && renderEpochs(log.epochs)}
  `;
}

function summary({ epochs }: TrainingLog): string {
  if (epochs.length === 0) return "The first epoch has not ended yet.";
  const seconds = epochs.reduce((sum, epoch) => sum + (epoch.seconds ?? 0), 0);
  const ran = `${epochs.length} ${epochs.length === 1 ? "epoch" : "epochs"} in ${
    formatDuration(seconds)
  }.`;
  const validated = epochs.filter(({ validation }) => (validation?.attributeLoss ?? null) !== null);
  if (validated.length < 2) return ran;
  const best = validated.reduce((a, b) => lossOf(b) < lossOf(a) ? b : a);
  return `${ran} The attribute loss of the validation split is lowest after epoch ${
    best.epoch + 1
  }, at ${measured(best.validation?.attributeLoss ?? null)}; the model is of that epoch.`;
}

function lossOf({ validation }: EpochEntry): number {
  return validation?.attributeLoss ?? Infinity;
}

function panelsOf({ steps, epochs }: TrainingLog): [string, CurvePanel][] {
  const loss = (name: keyof Losses): Curve[] => [
    { kind: "steps", points: thin(pointsOf(steps, (step) => step.epochs, (step) => step[name])) },
    { kind: "train", points: pointsOf(epochs, middleOf, ({ train }) => train[name]) },
    validationCurve(epochs, name),
  ];
  const panel = (label: string, curves: Curve[]): CurvePanel => ({
    label,
    curves,
    format: "number",
  });
  const rate = epochs.flatMap(({ epoch, learningRate }): Point[] =>
    learningRate === null ? [] : [[epoch, learningRate], [epoch + 1, learningRate]]
  );
  const all: [string, CurvePanel][] = [
    ["Total loss", panel("Total loss over the epochs", loss("loss"))],
    ["Attribute loss", panel("Attribute loss over the epochs", loss("attributeLoss"))],
    ["Mask loss", panel("Mask loss over the epochs", loss("maskLoss"))],
    ...sharePanels(epochs),
    ["Learning rate", panel("Learning rate over the epochs", [{ kind: "train", points: rate }])],
  ];
  return all.filter(([, { curves }]) => curves.some(({ points }) => points.length > 0));
}

/** What validations measured in percent. */
function sharePanels(epochs: readonly EpochEntry[]): [string, CurvePanel][] {
  const share = (label: string, name: keyof Validation): CurvePanel => ({
    label,
    curves: [validationCurve(epochs, name)],
    format: "share",
  });
  // Of a constant picture on the same faces: the same after every epoch.
  const [, prior] = validationCurve(epochs, "priorIoU").points.at(-1) ?? [];
  return [
    ["Balanced accuracy, %", {
      ...share("Validation balanced accuracy over the epochs", "balancedAccuracy"),
      baseline: { y: 0.5, text: "majority class" },
    }],
    ["Localisation, %", {
      ...share("Validation localisation over the epochs", "localisationIoU"),
      ...(prior !== undefined && { baseline: { y: prior, text: "mean mask" } }),
    }],
    ["Pointing, %", share("Validation pointing over the epochs", "pointing")],
    ["Joint mask IoU, %", share("Validation joint mask IoU over the epochs", "maskIoU")],
  ];
}

function validationCurve(epochs: readonly EpochEntry[], name: keyof Validation): Curve {
  const points = pointsOf(epochs, endOf, ({ validation }) => validation?.[name] ?? null);
  return { kind: "validation", points };
}

function pointsOf<Entry>(
  entries: readonly Entry[],
  x: (entry: Entry) => number,
  y: (entry: Entry) => number | null,
): Point[] {
  return entries.flatMap((entry) => {
    const value = y(entry);
    return value === null ? [] : [[x(entry), value] as const];
  });
}

/** Measures at the end of an epoch stand where it ends: the first one at 1. */
function endOf({ epoch }: EpochEntry): number {
  return epoch + 1;
}

/** A mean over an epoch stands in its middle. */
function middleOf({ epoch }: EpochEntry): number {
  return epoch + 0.5;
}

/** At most `MOST_POINTS` points, each the mean of as many neighbours. */
function thin(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / Math.max(size, 1)) }, (_, index) => {
    const part = points.slice(index * size, (index + 1) * size);
    const mean = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)] as const;
  });
}

const EPOCH_COLUMNS = [
  ...["Epoch", "Rate", "Train loss", "Validation loss"],
  ...["Balanced\u00a0%", "Localisation\u00a0%", "Pointing\u00a0%", "Joint IoU\u00a0%"],
  ...["Seconds", "Images/s", "Waiting\u00a0%"],
];

function renderEpochs(epochs: readonly EpochEntry[]): Html {
  return html`
    <details>
      <summary>Numbers of each epoch</summary>
      <div class="wide" tabindex="0">
        <table class="numbers">
          <thead>
            <tr>
              ${columns(...EPOCH_COLUMNS)}
            </tr>
          </thead>
          <tbody>${epochs.map(renderEpoch)}</tbody>
        </table>
      </div>
    </details>
  `;
}

function renderEpoch(entry: EpochEntry): Html {
  const { epoch, learningRate, train, validation, seconds, imagesPerSecond, waitShare } = entry;
  const numbers = [
    learningRate === null ? NOTHING : String(+learningRate.toPrecision(4)),
    measured(train.loss),
    measured(validation?.loss ?? null),
    percent(validation?.balancedAccuracy ?? null),
    percent(validation?.localisationIoU ?? null),
    percent(validation?.pointing ?? null),
    percent(validation?.maskIoU ?? null),
    seconds?.toFixed(1) ?? NOTHING,
    imagesPerSecond?.toFixed(1) ?? NOTHING,
    percent(waitShare),
  ];
  return html`<tr><th scope="row">${epoch + 1}</th>${cells(...numbers)}</tr>`;
}
