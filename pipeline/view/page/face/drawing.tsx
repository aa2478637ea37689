/// <reference lib="dom" />
/** A face's picture with its points, and regions as outlines. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { makePolygons, MAX_CORNERS, writePolygons } from "../../../face/region_polygons.ts";
import { type Region, REGIONS } from "../../../face/regions.ts";
import type { Extent } from "../../../../kernels/rasterize.ts";
import type { FaceDetail } from "../../wire.ts";
import { pairs } from "../spots.ts";

interface DrawingProps {
  readonly face: FaceDetail;
  /** Regions that are filled. */
  readonly regions: readonly Region[];
}

export function Drawing({ face, regions }: DrawingProps): JSX.Element {
  const [size, setSize] = useState<Extent | null>(null);
  const { id, points, image } = face;
  return (
    <figure class="drawing">
      <img
        src={`api/faces/${id}/picture`}
        alt={`The picture ${image}`}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setSize({ width: naturalWidth, height: naturalHeight })}
      />
      {size && points && (
        <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          {outlines(points, regions).map((outline) => (
            <polygon key={outline} class="mask" points={outline} />
          ))}
          {pairs(points).map(([x, y], point) => (
            <circle key={point} class="point" cx={x} cy={y} r={size.height / 180} />
          ))}
        </svg>
      )}
    </figure>
  );
}

/** Outlines of regions for SVG, in pixels of the picture. */
function outlines(points: readonly number[], regions: readonly Region[]): string[] {
  const { polygons, counts } = makePolygons(1);
  try {
    writePolygons(Float32Array.from(points), { polygons, counts }, 0, 1, 1);
  } catch {
    return []; // Points that are absurdly far away have no regions.
  }
  return regions.map((region) => {
    const index = REGIONS.indexOf(region);
    const from = index * MAX_CORNERS * 2;
    return polygons.subarray(from, from + 2 * counts[index]!).join(" ");
  }).filter((outline) => outline !== "");
}
