/**
 * All parts of `deno task bench hardware` by their names.
 *
 * @module
 */

import { ADAPTER } from "./adapter_part.ts";
import { HOST } from "./host_part.ts";
import { KERNELS } from "./kernels_part.ts";
import type { Part } from "./part.ts";
import { STEPS } from "./steps_part.ts";

/** The parts. */
export const PARTS: Readonly<Record<string, Part>> = {
  adapter: ADAPTER,
  host: HOST,
  steps: STEPS,
  kernels: KERNELS,
};
