/** The server of the page: on this machine alone, at a port that is free. */

import type { Hono } from "hono";

/** The port that is tried first; so a page that is open finds its server again at the same address. */
const FIRST_PORT = 4600;
/** How many are tried before the system chooses one. */
const PORTS = 20;

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  /** Ends when the server has. */
  readonly finished: Promise<void>;
}

/**
 * Serves until the signal aborts.
 *
 * @param port That port and no other; by default the first free one from 4600.
 * @throws {Deno.errors.AddrInUse} If the port that is asked for is taken.
 */
export function serve(app: Hono, signal: AbortSignal, port?: number): RunningServer {
  if (port !== undefined) {
    try {
      return listen(app, signal, port);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
      const sentence = `The port ${port} is taken: without --port a free one is found`;
      throw new Deno.errors.AddrInUse(sentence, { cause });
    }
  }
  for (let tried = FIRST_PORT; tried < FIRST_PORT + PORTS; tried++) {
    try {
      return listen(app, signal, tried);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return listen(app, signal, 0);
}

function listen(app: Hono, signal: AbortSignal, port: number): RunningServer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, signal, onListen: () => {} },
    (request) => app.fetch(request),
  );
  return { port: server.addr.port, finished: server.finished };
}
