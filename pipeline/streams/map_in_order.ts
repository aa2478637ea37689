/** Asynchronous work on the items of a stream, several at a time, in order. */

import { Cancellation } from "./cancellation.ts";

/**
 * Yields `work(item)` for each item, in the source's order, with at most `limit` items taken from the
 * source and not yet asked for. A result is yielded as soon as it and those before it are there, even
 * while the source is slow.
 *
 * @throws Whatever `work` or the source throws; the signal's reason, at once, when it is aborted.
 */
export async function* mapInOrder<In, Out>(
  source: AsyncIterable<In> | Iterable<In>,
  work: (item: In) => Promise<Out>,
  limit: number,
  signal?: AbortSignal,
): AsyncGenerator<Out> {
  using aborted = new Cancellation(signal);
  if (Symbol.iterator in source) return yield* mapAtHand(source, work, limit, aborted);
  const iterator = source[Symbol.asyncIterator]();
  const results: Promise<Out>[] = [];
  let coming: Promise<IteratorResult<In>> | null = null;
  let ended = false;
  try {
    while (!ended || results.length > 0) {
      if (!ended && results.length < limit) coming ??= iterator.next();
      const event = await aborted.race(nextEvent(coming, results[0]));
      if (event.kind === "result") {
        results.shift();
        yield event.value;
        continue;
      }
      coming = null;
      if (event.value.done) {
        ended = true;
        continue;
      }
      const result = work(event.value.value);
      result.catch(() => {}); // It is thrown when its turn comes, or not at all after another error.
      results.push(result);
    }
  } finally {
    // A source that is being waited for would keep `return` waiting as well.
    if (!ended && coming === null) await iterator.return?.();
    else coming?.then(() => iterator.return?.()).catch(() => {});
  }
}

/** The same of items for which nobody waits. */
async function* mapAtHand<In, Out>(
  source: Iterable<In>,
  work: (item: In) => Promise<Out>,
  limit: number,
  aborted: Cancellation,
): AsyncGenerator<Out> {
  const results: Promise<Out>[] = [];
  for (const item of source) {
    const result = work(item);
    result.catch(() => {}); // As above.
    results.push(result);
    if (results.length >= limit) yield await aborted.race(results.shift()!);
  }
  for (const result of results) yield await aborted.race(result);
}

type Event<In, Out> =
  | { readonly kind: "item"; readonly value: IteratorResult<In> }
  | { readonly kind: "result"; readonly value: Out };

/** Whichever comes first: the source's next item, or the first result that is waited for. */
function nextEvent<In, Out>(
  coming: Promise<IteratorResult<In>> | null,
  first: Promise<Out> | undefined,
): Promise<Event<In, Out>> {
  return Promise.race([
    ...(coming ? [coming.then((value) => ({ kind: "item", value }) as const)] : []),
    ...(first ? [first.then((value) => ({ kind: "result", value }) as const)] : []),
  ]);
}

/** The items of a source until the signal is aborted, whose reason then ends even the wait for one. */
export function untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  return mapInOrder(source, (item) => Promise.resolve(item), 1, signal);
}
