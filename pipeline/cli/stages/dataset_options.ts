/** Options of all commands that read a data set. */

import { defaulted, flag, type Option } from "../command.ts";
import { choice } from "../kinds.ts";

export const FOLLOW_LINKS: Option<boolean> = flag(
  "follow links that lead out of the data set, such as one to images on another disk",
);

export const DAMAGED: Option<"reject" | "use"> = defaulted(
  choice("reject", "use"),
  "reject",
  "a damaged JPEG: rejected, or used as far as it goes, the rest being gray",
);
