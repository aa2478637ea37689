/** What the server tells all open pages, as server-sent events over one connection each. */

import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Told } from "../wire.ts";

/** Milliseconds between signs of life, by which a page sees that the server is there. */
const PULSE = 15_000;

/** The open pages. */
export class Events {
  readonly #pages = new Set<SSEStreamingApi>();

  /** Tells every open page. */
  tell(event: Told): void {
    for (const page of this.#pages) send(page, event);
  }

  /** Keeps a page's connection until it goes, or `signal` aborts. */
  connect(context: Context, signal: AbortSignal): Response {
    return streamSSE(context, async (page) => {
      const { promise: gone, resolve: end } = Promise.withResolvers<void>();
      page.onAbort(end);
      signal.addEventListener("abort", () => end());
      this.#pages.add(page);
      send(page, { type: "hello" });
      const pulse = setInterval(() => send(page, { type: "hello" }), PULSE);
      if (!signal.aborted) await gone;
      clearInterval(pulse);
      this.#pages.delete(page);
    });
  }
}

function send(page: SSEStreamingApi, event: Told): void {
  // A page that has just gone misses it.
  page.writeSSE({ data: JSON.stringify(event) }).catch(() => {});
}
