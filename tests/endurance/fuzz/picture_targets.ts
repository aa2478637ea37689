/** The formats of pictures. */

import assert from "node:assert/strict";
import { readImage } from "../../../pipeline/image/image.ts";
import { BYTE_MUTATIONS } from "./mutations.ts";
import { jpegFiles, otherFiles, pngFiles, sealPng } from "./pictures.ts";
import type { Target } from "./target.ts";

async function readPicture(path: string): Promise<void> {
  const { width, height, data } = await readImage(path);
  assert.ok(width > 0 && height > 0 && width * height <= 64e6, `${width}x${height}`);
  assert.equal(data.length, 3 * width * height, "bytes of a picture");
}

/** Kinds of which there are fixtures. */
const OTHER_KINDS = ["AVIF", "BMP", "GIF", "TIFF", "WebP"];

/** By their names. */
export const PICTURE_TARGETS: Readonly<Record<string, Target>> = {
  jpeg: { seeds: jpegFiles, file: "case.jpg", mutations: BYTE_MUTATIONS, read: readPicture },
  png: {
    ...{ seeds: pngFiles, file: "case.png", mutations: BYTE_MUTATIONS, read: readPicture },
    seal: sealPng,
  },
  ...Object.fromEntries(OTHER_KINDS.map((kind) => [kind.toLowerCase(), targetOf(kind)])),
};

function targetOf(kind: string): Target {
  const file = `case.${kind.toLowerCase()}`;
  return { seeds: () => otherFiles(kind), file, mutations: BYTE_MUTATIONS, read: readPicture };
}
