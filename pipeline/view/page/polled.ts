/// <reference lib="dom" />
/** What the server is asked again and again, for as long as somebody looks. */

import { useEffect, useState } from "preact/hooks";
import { ask } from "./ask.ts";

/** Milliseconds from an answer to the next question. */
const EVERY = 1000;

/** An answer, and what was wrong with the last question: empty if nothing was. */
export interface Polled<T> {
  /** Null before the first one. */
  readonly value: T | null;
  readonly fault: string;
}

/** Asks `/api/PATH` each second while the page is in sight. */
export function usePolled<T>(path: string): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ value: null, fault: "" });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    let timer = 0;
    const look = async () => {
      try {
        const value = await ask<T>(path, { signal });
        if (!signal.aborted) setPolled({ value, fault: "" });
      } catch (error) {
        if (!signal.aborted) setPolled(({ value }) => ({ value, fault: (error as Error).message }));
      }
      if (!signal.aborted) timer = self.setTimeout(next, EVERY);
    };
    const next = () => {
      if (document.hidden) {
        document.addEventListener("visibilitychange", next, { once: true, signal });
      } else look();
    };
    next();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path]);
  return polled;
}
