/** Stages, and how they become streams. */

/** A step of the pipeline: reads records of one kind and yields records of another, lazily. */
export type Stage<In, Out> = (source: AsyncIterable<In>) => AsyncIterable<Out>;

/**
 * A stage as a pair of Web Streams for `pipeThrough`. Back-pressure is the streams' own: the stage
 * runs only as far ahead as its reader's queue allows. When its reader cancels, the stage ends, even
 * while it waits for a source that stays silent.
 *
 * @example Stages of our own among the others
 * ```ts
 * import { type FaceRecord, namesOf, openDataset, type Stage, toStream } from "@attparsenet/attparsenet";
 *
 * const smiling: Stage<FaceRecord, string> = async function* (source) {
 *   for await (const { image, labels } of source) {
 *     if (namesOf(labels!).includes("Smiling")) yield image;
 *   }
 * };
 * const dataset = await openDataset("data/sample");
 * const images = ReadableStream.from(dataset.records()).pipeThrough(toStream(smiling));
 * for await (const image of images) console.log(image);
 * ```
 */
export function toStream<In, Out>(stage: Stage<In, Out>): TransformStream<In, Out> {
  let input!: TransformStreamDefaultController<In>;
  const { writable, readable: source } = new TransformStream<In, In>({
    start: (controller) => void (input = controller),
  });
  const items = stage(source)[Symbol.asyncIterator]();
  let isWaiting = false;
  const readable = new ReadableStream<Out>({
    async pull(output) {
      isWaiting = true;
      const { done, value } = await items.next();
      isWaiting = false;
      if (done) output.close();
      else output.enqueue(value);
    },
    async cancel(reason) {
      // A generator that waits cannot return. An error ends it: at a mere end of its source, a stage
      // that writes files would take them for whole.
      if (isWaiting) input.error(reason);
      await items.return?.();
    },
  }, { highWaterMark: 0 });
  return { writable, readable };
}
