/**
 * Masks made by the reference's own code and OpenCV 4.6 for 48 faces.
 *
 * @module
 */

import { join } from "node:path";
import { type Attribute, labelsOf } from "../pipeline/attributes.ts";
import { readCsv } from "../pipeline/csv.ts";
import type { FaceRecord } from "../pipeline/record.ts";
import { realData } from "./real_data.ts";

/** The folder, or null where it is missing. */
export const GOLDEN: string | null = await realData("golden-segments");

/** The aligned frame of CelebA. */
export const CELEBA_FRAME = { height: 218, width: 178 } as const;

/** The 48 faces with labels and landmarks, in the order of the masks. */
export async function goldenRecords(folder: string): Promise<FaceRecord[]> {
  const labels = new Map<string, number>();
  let names: string[] = [];
  for await (const { fields: [image = "", ...values] } of readCsv(join(folder, "list_attr.csv"))) {
    if (names.length === 0) names = values;
    else labels.set(image, labelsOf(names.filter((_, i) => values[i] === "1") as Attribute[]));
  }
  const records: FaceRecord[] = [];
  for await (const { fields: [image = "", ...values] } of readCsv(join(folder, "landmarks.csv"))) {
    if (image === "image_name") continue;
    const points = Float32Array.from(
      { length: 136 },
      (_, i) => Number(values[i % 2 * 68 + (i >> 1)]),
    );
    records.push({ ...faceRecord(image, points), labels: labels.get(image) ?? null });
  }
  return records;
}

/** The packed masks: bits [48, 40, h, w], most significant bit first. */
export async function goldenMasks(folder: string, size: string): Promise<Uint8Array> {
  const file = await Deno.open(join(folder, `masks_${size}.bits.gz`));
  const bytes = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(bytes).arrayBuffer());
}

/** A record of which only image and points are known. */
export function faceRecord(image: string, points: Float32Array | null): FaceRecord {
  return {
    image,
    path: image,
    split: null,
    labels: null,
    size: null,
    box: null,
    points,
    rejected: null,
  };
}
