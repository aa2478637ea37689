/**
 * All parts of `deno task bench hardware` by their names.
 *
 * @module
 */

import { ADAPTER } from "./adapter_part.ts";
import { HOST } from "./host_part.ts";
import type { PartName } from "./options.ts";
import type { Part } from "./part.ts";

/** The parts. */
export const PARTS: Readonly<Record<string, Part>> = {
  adapter: ADAPTER,
  host: HOST,
};
