/** Sizes of images whose pixels are not wanted. */

import { readPictureFile, sizeOfPicture } from "../image/image.ts";
import { mapInOrder } from "../streams/map_in_order.ts";
import type { FaceRecord } from "./record.ts";
import type { Stage } from "../streams/to_stream.ts";

/** Files that are read at the same time. */
const READ_AHEAD = 8;

/**
 * Gives records that have points the size of their image, if they have none. A record whose image cannot be
 * read passes as it is: whoever decodes it says why.
 */
export function addSizes(
  options: { readonly signal?: AbortSignal | undefined } = {},
): Stage<FaceRecord, FaceRecord> {
  const measured = async (record: FaceRecord) => {
    if (record.points === null || record.size !== null) return record;
    const size = await readPictureFile(record.path).then(sizeOfPicture).catch(() => null);
    return { ...record, size };
  };
  return (source) => mapInOrder(source, measured, READ_AHEAD, options.signal);
}
