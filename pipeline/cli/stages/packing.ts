/** How the command line says where decoded faces are packed. */

import type { PackWish } from "../../pack.ts";
import { defaulted, type Option } from "../command.ts";
import { file } from "../kinds.ts";

/** The option of all commands that read faces for a network. */
export const PACK: { readonly pack: Option<string> } = {
  pack: defaulted(
    { ...file("FILE|auto|off"), completion: "file" },
    "auto",
    "file of decoded faces, made if it is not there; auto: in the cache, of more than 8192 faces, " +
      "up to 8 GB and a tenth of the free disk; off: none",
  ),
};

export function packWish(value: string): PackWish {
  return value === "auto" || value === "off" ? value : { file: value };
}
