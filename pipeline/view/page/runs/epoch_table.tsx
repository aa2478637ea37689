/// <reference lib="dom" />
/** What a run measured, in numbers: the newest epoch first. */

import type { JSX } from "preact";
import { measured, percent } from "../../../report/text.ts";
import type { RunLog } from "../../wire.ts";

type Epoch = RunLog["epochs"][number];

const COLUMNS: readonly (readonly [title: string, text: (epoch: Epoch) => string])[] = [
  ["Attribute loss", ({ validation }) => measured(validation?.attributeLoss ?? null)],
  ["in training", ({ train }) => measured(train.attributeLoss)],
  ["Mask loss", ({ validation }) => measured(validation?.maskLoss ?? null)],
  ["in training", ({ train }) => measured(train.maskLoss)],
  ["Balanced %", ({ validation }) => percent(validation?.balancedAccuracy ?? null)],
  ["Localisation %", ({ validation }) => percent(validation?.localisationIoU ?? null)],
  ["Learning rate", ({ learningRate }) => measured(learningRate)],
  ["Images/s", ({ imagesPerSecond }) => measured(imagesPerSecond)],
  ["Waiting %", ({ waitShare }) => percent(waitShare)],
];

interface EpochTableProps {
  readonly epochs: readonly Epoch[];
  readonly bestEpoch: number | null;
}

export function EpochTable({ epochs, bestEpoch }: EpochTableProps): JSX.Element | null {
  if (epochs.length === 0) return null;
  return (
    <details>
      <summary>Numbers of each epoch</summary>
      <div class="wide" tabIndex={0} role="region" aria-label="Numbers of each epoch">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              {COLUMNS.map(([title], i) => <th key={i} scope="col">{title}</th>)}
            </tr>
          </thead>
          <tbody>
            {epochs.toReversed().map((epoch) => (
              <tr key={epoch.epoch}>
                <th scope="row">
                  {epoch.epoch + 1}
                  {epoch.epoch === bestEpoch && " (best)"}
                </th>
                {COLUMNS.map(([, text], i) => <td key={i}>{text(epoch)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
