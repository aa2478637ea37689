/** What tells the faces of one training from those of another. */

import { createHash } from "node:crypto";
import { bytesOf } from "../../files/safetensors.ts";
import type { Face } from "../../face/faces.ts";

/** Counts, and the first 64 bits of SHA-256 in hexadecimal digits. */
export interface Fingerprint {
  /** Faces of both splits. */
  readonly faces: number;
  /** Of their names and splits, in order. */
  readonly names: string;
  /** Of their labels. */
  readonly labels: string;
  /** Of their landmarks. */
  readonly landmarks: string;
}

/** The fingerprint of faces in the order in which they are kept. */
export function fingerprintOf(faces: readonly Face[]): Fingerprint {
  const [names, labels, landmarks] = [1, 2, 3].map(() => createHash("sha256"));
  for (const { record: { image, split, points }, labels: bits } of faces) {
    names!.update(`${split}/${image}\n`);
    labels!.update(`${bits}\n`);
    if (points) landmarks!.update(bytesOf(points));
  }
  return {
    faces: faces.length,
    names: names!.digest("hex").slice(0, DIGITS),
    labels: labels!.digest("hex").slice(0, DIGITS),
    landmarks: landmarks!.digest("hex").slice(0, DIGITS),
  };
}

const DIGITS = 16;

/** How faces differ from those before, to complete "it was started with"; null if they do not. */
export function differenceOf(before: Fingerprint, now: Fingerprint): string | null {
  if (before.faces !== now.faces) return `${before.faces} faces, and these are ${now.faces}`;
  if (before.names !== now.names) return "other faces, or in another order";
  if (before.labels !== now.labels) return "other labels of the same faces";
  if (before.landmarks !== now.landmarks) return "other landmarks of the same faces";
  return null;
}
