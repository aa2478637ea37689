/// <reference lib="dom" />
/** What the server tells without being asked, over one connection of the page. */

import { useEffect, useState } from "preact/hooks";
import type { Told } from "../wire.ts";

type Listener = (event: Told) => void;

const listeners = new Set<Listener>();
let source: EventSource | null = null;

/** Listens until the returned function is called. */
function listen(listener: Listener): () => void {
  if (source === null) {
    source = new EventSource("api/events");
    source.onmessage = ({ data }) => {
      for (const listener of listeners) listener(JSON.parse(data));
    };
  }
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Calls `listener` for everything that is told, for as long as the component is there. */
export function useTold(listener: Listener): void {
  useEffect(() => listen(listener), [listener]);
}

/** The faces' version, which grows when any of them changes. */
export function useFacesVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(
    () => listen((event) => void (event.type === "faces" && setVersion(event.version))),
    [],
  );
  return version;
}

/** Whether the server is there; a moment without it does not count. */
export function useConnection(): boolean {
  const [isConnected, setConnected] = useState(true);
  useEffect(() => {
    const ending = listen(() => setConnected(true));
    const watch = setInterval(() => {
      if (source!.readyState !== EventSource.OPEN) setConnected(false);
    }, 3000);
    return () => {
      ending();
      clearInterval(watch);
    };
  }, []);
  return isConnected;
}
