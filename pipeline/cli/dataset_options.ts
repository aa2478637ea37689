/**
 * Options of all commands that read a data set.
 *
 * @module
 */

import { flag, type Option } from "./command.ts";

/** Whether links that lead out of the data set are followed. */
export const FOLLOW_LINKS: Option<boolean> = flag(
  "follow links that lead out of the data set, such as one to images on another disk",
);
