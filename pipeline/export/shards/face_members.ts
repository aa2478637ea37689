/** The files of one face in a shard. */

import { ATTRIBUTES, hasAttribute } from "../../face/attributes.ts";
import { type Face, type InputSize, regionsOf } from "../../face/faces.ts";
import { regionBitsOf } from "../../face/region_bits.ts";
import { schemaOf } from "../../files/schema.ts";
import { endingOfBytes } from "../../image/picture_kinds.ts";
import { encodeNpy } from "./npy.ts";

/** A file in a tar. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The image as it lies; what is known of it; its points, f32 [68, 2] in pixels of the upright image; and the
 * region bits of each mask pixel, u16 [h, w].
 *
 * @param key Begins the names of all four.
 * @param image Bytes of the image's file.
 */
export function membersOf(face: Face, key: string, image: Uint8Array, mask: InputSize): Member[] {
  const { record, labels } = face;
  const { split, size, box, points } = record;
  const attributes = ATTRIBUTES.map((name, at) => [name, Number(hasAttribute(labels, at))]);
  const known = {
    schema: schemaOf("shards"),
    ...{ image: record.image, split, size, box },
    attributes: Object.fromEntries(attributes),
  };
  const bits = Uint16Array.from(regionBitsOf(regionsOf(record)!, mask));
  return [
    { name: `${key}.${endingOfBytes(image)}`, bytes: image },
    { name: `${key}.json`, bytes: new TextEncoder().encode(JSON.stringify(known)) },
    { name: `${key}.points.npy`, bytes: encodeNpy(points!, [68, 2]) },
    { name: `${key}.regions.npy`, bytes: encodeNpy(bits, [mask.height, mask.width]) },
  ];
}
