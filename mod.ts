/**
 * AttParseNet for Deno: from a folder of faces to a network that says which of 40 attributes a face has,
 * and where.
 *
 * A {@linkcode FaceRecord} travels through stages, each a {@linkcode Stage}: an async generator function
 * that {@linkcode toStream} turns into a pair of Web Streams.
 *
 * ```ts
 * import { landmarks, openDataset, toStream } from "./mod.ts";
 *
 * const dataset = await openDataset("data/sample");
 * const faces = ReadableStream.from(dataset.records({ split: "test" }))
 *   .pipeThrough(toStream(landmarks()));
 * for await (const { image, rejected } of faces) console.log(image, rejected ?? "found");
 * ```
 *
 * Dimension letters in all docs: B batch, H W image, h w mask, C channels, A = 40 attributes,
 * P = 68 landmarks, R = 14 regions.
 *
 * @module
 */

export {
  type Attribute,
  attributeColumn,
  ATTRIBUTES,
  hasAttribute,
  labelsOf,
  namesOf,
} from "./pipeline/attributes.ts";
export { type Box, type FaceRecord, type Split, SPLITS, type Stage, toStream } from "./pipeline/record.ts";
