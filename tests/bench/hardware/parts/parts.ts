/** All parts of `deno task bench hardware` by their names. */

import { ADAPTER } from "./adapter_part.ts";
import { HOST } from "./host_part.ts";
import { KERNELS } from "./kernels_part.ts";
import { LOSS, MASKS, PREDICT, PREDICTOR } from "./other_parts.ts";
import type { PartName } from "../options.ts";
import type { Part } from "./part.ts";
import { STEPS } from "./steps_part.ts";
import { TESTS } from "./tests_part.ts";

/** The parts. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  adapter: ADAPTER,
  host: HOST,
  steps: STEPS,
  kernels: KERNELS,
  masks: MASKS,
  loss: LOSS,
  predictor: PREDICTOR,
  predict: PREDICT,
  tests: TESTS,
};
