/** The region bits of one face as it is. */

import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import type { InputSize } from "./faces.ts";
import { FRAME } from "./frame.ts";
import { REGIONS } from "./regions.ts";
import type { RegionPolygons } from "./region_polygons.ts";

/** u32 [h, w]: the regions of each mask pixel. */
export function regionBitsOf(polygons: RegionPolygons, mask: InputSize): Uint32Array {
  return rasterizeRows({
    ...polygons,
    regions: REGIONS.length,
    source: FRAME,
    mask: { height: mask.height, width: mask.width },
  });
}
