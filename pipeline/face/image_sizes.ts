/** Sizes of images whose pixels are not wanted. */

import { PictureReader } from "../image/reading/picture_reader.ts";
import { mapInOrder } from "../streams/map_in_order.ts";
import type { FaceRecord } from "./record.ts";
import type { Stage } from "../streams/to_stream.ts";

/**
 * Gives records that have points the size of their image, if they have none. A record whose image cannot be
 * read passes as it is: whoever decodes it says why.
 */
export function addSizes(
  options: { readonly signal?: AbortSignal | undefined } = {},
): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    await using reader = new PictureReader();
    const measured = async (record: FaceRecord): Promise<FaceRecord> => {
      const { path, points, size } = record;
      if (points === null || size !== null) return record;
      const read = await reader.read({ path, size: null, useDamaged: true }).catch(() => null);
      return { ...record, size: read && [read.width, read.height] };
    };
    yield* mapInOrder(source, measured, reader.window, options.signal);
  };
}
