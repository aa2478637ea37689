/**
 * The card of a trained network: what goes in, what comes out, how well it was measured, and what it is not
 * for. What the program does not know, the card says it does not.
 */

import { type Attribute, ATTRIBUTES } from "../../face/attributes.ts";
import { FRAME } from "../../face/frame.ts";
import { ALIGNED_EYES } from "../../landmarks/aligned_face.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { NetworkConfig } from "../../network/network.ts";
import type { RunConfig } from "../files/run_folder.ts";
import { type CardMeasures, measuresOf, thresholdsOf } from "./card_measures.ts";
import { INTENDED_USE, LICENCE, limitsOf } from "./card_texts.ts";

/** What `card.json` holds. */
export interface ModelCard {
  readonly preset: string;
  readonly network: NetworkConfig;
  readonly input: {
    readonly height: number;
    readonly width: number;
    /** Order of the colours. */
    readonly channels: readonly string[];
    readonly range: readonly [number, number];
    /** How a byte of the image becomes a number. */
    readonly scaling: string;
    readonly alignment: string;
  };
  readonly outputs: {
    /** Names of the logits and of the maps, in order. */
    readonly names: readonly Attribute[];
    /** Those that were trained; the others answer by chance. */
    readonly learnt: readonly Attribute[];
    readonly maps: {
      readonly height: number;
      readonly width: number;
      readonly values: string;
    };
  };
  /** Probabilities above which an attribute counts as present; null before an evaluation has chosen them. */
  readonly thresholds: Readonly<Record<string, number>> | null;
  /** Null before an evaluation. */
  readonly measures: CardMeasures | null;
  readonly training: {
    /** Name of the data set's folder; null where it is not known. */
    readonly dataset: string | null;
    /** Faces trained on; null where it is not known. */
    readonly faces: number | null;
    /** Faces by which the weights were chosen. */
    readonly validationFaces: number | null;
    /** Name of the file that an imported network was in: how it was trained is not known. */
    readonly imported: string | null;
    readonly seed: number | null;
    /** Epochs asked for. */
    readonly epochs: number | null;
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly licence: string;
  readonly intendedUse: readonly string[];
  readonly limits: readonly string[];
}

/** The card of a run. */
export function makeCard(config: RunConfig, metrics: Metrics | null): ModelCard {
  const { preset, network, mask, seed, epochs, versions, data = {} } = config;
  const imported = typeof data.imported === "string" ? data.imported : null;
  const isProbability = network.maskHead === "context";
  return {
    preset,
    network,
    input: {
      ...network.input,
      channels: ["red", "green", "blue"],
      range: [-1, 1],
      scaling: "byte / 127.5 - 1",
      alignment: ALIGNMENT,
    },
    outputs: {
      names: ATTRIBUTES,
      learnt: ATTRIBUTES.filter((name) => config.attributes.includes(name)),
      maps: { ...mask, values: isProbability ? "probabilities" : "estimates of 0 or 1" },
    },
    thresholds: metrics && thresholdsOf(metrics),
    measures: metrics && measuresOf(metrics),
    training: {
      dataset: typeof data.dataset === "string" ? nameOf(data.dataset) : null,
      faces: typeof data.train === "number" ? data.train : null,
      validationFaces: typeof data.validation === "number" ? data.validation : null,
      imported,
      ...imported === null ? { seed, epochs } : { seed: null, epochs: null },
      versions,
    },
    licence: LICENCE,
    intendedUse: INTENDED_USE,
    limits: limitsOf(config, metrics),
  };
}

const ALIGNMENT = `the whole image, framed as those of the training. CelebA's aligned images ` +
  `(${FRAME.height}x${FRAME.width}) have the eyes level, ` +
  `${
    percent(ALIGNED_EYES.apart / FRAME.width)
  } of the width apart, the middle between them at half ` +
  `the width and ${percent(ALIGNED_EYES.y / FRAME.height)} of the height`;

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The last name of a path of any system: where it lay is nobody else's business. */
function nameOf(path: string): string | null {
  return path.split(/[/\\]/).findLast((name) => name !== "") ?? null;
}
