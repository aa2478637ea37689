/** A colour for each region: neighbours differ in hue and lightness. */

import type { Region } from "./regions.ts";

/** A colour as `#rrggbb`, for every region. */
export const REGION_COLOURS: Readonly<Record<Region, string>> = {
  chin: "#e6a817",
  left_cheek: "#e4572e",
  right_cheek: "#2e86de",
  upper_lip: "#76c043",
  mouth: "#c2185b",
  left_eye: "#00bcd4",
  right_eye: "#9ee493",
  nose: "#8e5bd0",
  left_eye_brow: "#ff8fb1",
  right_eye_brow: "#f6e05e",
  top_of_head: "#2a9d8f",
  left_ear: "#b08968",
  right_ear: "#7f8fa9",
  neck: "#d16bd8",
};
