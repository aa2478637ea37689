/** The parts that are no training: masks, the joint loss, the predictor, `predict`. */

import { MeasuredPeer } from "../measured_peer.ts";
import type { Measured } from "../other_work.ts";
import type { Part } from "./part.ts";
import { timedLines } from "../text.ts";

type OtherName = "masks" | "loss" | "predictor" | "predict";

function otherPart(name: OtherName, limit: number, title: string, unit: string): Part {
  return {
    name,
    limit,
    async run({ results, signal, print, fail }) {
      await using peer = MeasuredPeer.ofScript("other_contender.ts", signal);
      const { timed, missing } = await peer.ask<Measured>({ what: name }, limit);
      results[name] = timed;
      for (const line of timedLines(title, unit, timed)) print(line);
      for (const line of missing) fail(`${name}: ${line}`);
    },
  };
}

/** Drawing the regions of faces. */
export const MASKS: Part = otherPart("masks", 30, "masks: 14 regions at 96x76", "faces/s");

/** The joint loss. */
export const LOSS: Part = otherPart("loss", 20, "joint loss and gradients, lite 16", "ms");

/** dlib's predictor. */
export const PREDICTOR: Part = otherPart("predictor", 20, "predictor, 256 faces", "faces/s");

/** From files to attributes. */
export const PREDICT: Part = otherPart(
  "predict",
  45,
  "predict, files of 178x218, lite",
  "images/s",
);
