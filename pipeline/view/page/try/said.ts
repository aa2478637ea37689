/** What networks say, from how it travels to how it is shown. */

import type { RgbImage } from "../../../image/pixels.ts";
import type { Said } from "../../../export/web/result/said_face.ts";
import type { Pixels, TriedBy, TriedFace } from "../../wire.ts";

/** The face's picture. */
export function pictureOf({ face }: TriedFace): RgbImage {
  return { width: face.width, height: face.height, data: bytesOf(face) };
}

/** What each network says of it; by name where there are several. */
export function saidOf({ said }: TriedFace): Said[] {
  return said.map((one) => ({ by: said.length > 1 ? one.run : "", attributes: attributesOf(one) }));
}

function attributesOf({ attributes, maps }: TriedBy): Said["attributes"] {
  const { width, height } = maps;
  const values = Float32Array.from(bytesOf(maps));
  for (let i = 0; i < values.length; i++) values[i]! /= 255;
  return attributes
    .map((said, i) => {
      const data = values.subarray(i * width * height, (i + 1) * width * height);
      return { ...said, map: { width, height, data } };
    })
    .sort((one, other) => other.probability - one.probability);
}

/** A page that watches a run does this with every epoch: by a loop it takes a tenth of the time of `from`. */
function bytesOf({ data }: Pixels): Uint8Array {
  const letters = atob(data);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
