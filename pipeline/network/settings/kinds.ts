/** Kinds of values that only settings of a training run have. */

import { resolve } from "node:path";
import { isObject } from "../../files/json_text.ts";
import type { NetworkConfig } from "../network.ts";
import { integer, number, numberOf, type ValueKind } from "./values.ts";
import type { TrainConfig } from "./train_config.ts";

export const positive = number({ positive: true });
export const atLeast0 = number({ positive: false });
export const share = number({ positive: false, below: 1 });
export const wholeShare = number({ positive: false, most: 1 });

/** Longest side in pixels: a larger one is surely a typo. */
const LONGEST_SIDE = 16384;
const side = integer(1, "N", LONGEST_SIDE);

/** Height and width in pixels, as `HxW`. */
export const SIZE: ValueKind<NetworkConfig["input"]> = {
  placeholder: "HxW",
  completion: null,
  parse: (text) => {
    const [, height = 0, width = 0] = /^(\d+)x(\d+)$/i.exec(text)?.map(Number) ?? [];
    if (Math.min(height, width) >= 1 && Math.max(height, width) <= LONGEST_SIDE) {
      return { height, width };
    }
    throw new RangeError("expected HEIGHTxWIDTH in pixels, such as 218x178");
  },
  check: (value) => {
    const { height, width } = fieldsOf(value, "height and width");
    return { height: side.check(height), width: side.check(width) };
  },
};

/** A number of steps, or of epochs if the word stands behind it. */
export const WARMUP: ValueKind<TrainConfig["warmup"]> = {
  placeholder: "N|N-epochs",
  completion: null,
  parse: (text) => {
    const [, count = "", unit = "steps"] = /^([\d.]+)(?:[- ]?(steps|epochs?))?$/.exec(text) ?? [];
    return WARMUP.check({ count: numberOf(count), unit: unit === "epoch" ? "epochs" : unit });
  },
  check: (value) => {
    const wanted =
      'steps or epochs, such as 200 or 1-epoch ({"count": 1, "unit": "epochs"} in a file)';
    const { count, unit } = fieldsOf(value, wanted);
    const isCount = typeof count === "number" && Number.isFinite(count) && count >= 0;
    if (isCount && (unit === "steps" || unit === "epochs")) return { count, unit };
    throw new RangeError(`expected ${wanted}`);
  },
};

/** The path of a folder, made absolute. */
export const FOLDER: ValueKind<string> = {
  placeholder: "RUN",
  completion: null,
  parse: (path) => resolve(path),
  check: (value) => {
    if (typeof value === "string" && value !== "") return resolve(value);
    throw new RangeError("expected the path of a run");
  },
};

function fieldsOf(value: unknown, wanted: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new RangeError(`expected ${wanted}`);
}
