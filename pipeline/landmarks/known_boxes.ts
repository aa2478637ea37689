/** Boxes of faces from a file of their own. */

import { boxesIn } from "../dataset/boxes.ts";
import type { FaceRecord } from "../face/record.ts";
import type { Stage } from "../streams/to_stream.ts";

/**
 * Makes sure that a file of boxes is about these images, before work that would end without a face.
 *
 * @throws {Error} If there are images, and the file has a box for none of them.
 * @throws As {@linkcode addBoxes}.
 */
export async function checkBoxes(
  path: string,
  records: AsyncIterable<FaceRecord>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const boxOf = await boxesIn(path, options.signal);
  let first: string | null = null;
  for await (const { image } of records) {
    if (boxOf(image) !== null) return;
    first ??= image;
  }
  if (first === null) return;
  throw new Error(
    `${path} has no box for ${first}, nor for any other of the images: is it another data set's?`,
  );
}

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
