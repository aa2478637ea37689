/**
 * Boxes of faces from a file of their own.
 *
 * @module
 */

import { boxesIn } from "../dataset/boxes.ts";
import type { FaceRecord, Stage } from "../record.ts";

/**
 * Gives records the box that a file in the form of CelebA's `list_bbox_celeba.txt` (or its csv mirrors)
 * has for their image, in place of any they had. Boxes without an area count as none. The whole file is
 * read first: 202,599 boxes take 30 MB.
 *
 * @throws {SyntaxError} With `path:line`, if the file is wrong.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export function addBoxes(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    const boxes = await boxesIn(path, options.signal);
    for await (const record of source) yield { ...record, box: boxes(record.image) };
  };
}
