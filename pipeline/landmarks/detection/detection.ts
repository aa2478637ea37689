/** What detectors answer, and which of overlapping answers to keep. */

import type { Box } from "../../face/record.ts";

/** A face that a detector believes to see. */
export interface Detection {
  /** In pixels of the picture that the detector was given. */
  readonly box: Box;
  /** How sure the detector is, 0 to 1. */
  readonly score: number;
}

/** The detections, best first, without those that overlap a better one by more than `overlap`. */
export function suppressOverlaps(detections: readonly Detection[], overlap: number): Detection[] {
  const kept: Detection[] = [];
  for (const detection of [...detections].sort((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => intersectionOverUnion(box, detection.box) <= overlap)) {
      kept.push(detection);
    }
  }
  return kept;
}

/** Shared over total area of two boxes, 0 to 1. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}
