/**
 * Who may ask: the page that was opened by the printed address, and nobody else. Other programs and pages on this
 * machine, and pages anywhere that a browser of this machine shows, are refused.
 */

import { timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import type { Refusal } from "../wire.ts";

/** What a page may load: only what this server sends; no script or style within markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // What a face looks like stays out of the browser's cache on the disk.
  "cache-control": "no-store",
};

/** How the page is reached. */
export interface Gate {
  readonly port: number;
  /** What the printed address has, and then the page's cookie. */
  readonly token: string;
}

/** A token that nobody guesses. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

/** The address that opens the page. */
export function addressOf({ port, token }: Gate): string {
  return `http://127.0.0.1:${port}/?token=${token}`;
}

/**
 * Refuses requests that are not the page's own: by Host (a name that was made to lead here), Origin and
 * Sec-Fetch-Site (another page), and token (another program). The first request has the token in its address, all
 * others have it in a cookie of this port that no script sees.
 */
export function guard(gate: () => Gate): MiddlewareHandler {
  return async (context, next) => {
    const refusal = faultOf(context, gate());
    if (refusal) {
      const [status, error] = refusal;
      // A person who opens the address reads it; the page itself asks for JSON.
      const isPerson = context.req.header("sec-fetch-dest") === "document";
      return isPerson ? context.text(error, status, HEADERS) : refuse(context, status, error);
    }
    await next();
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
    if (isOpening(context.req.raw)) context.res.headers.append("set-cookie", cookieOf(gate()));
    return;
  };
}

/** Answers with a reason that the page can show. */
export function refuse(
  context: Context,
  status: 400 | 401 | 403 | 404 | 409 | 413 | 421,
  error: string,
): Response {
  return context.json({ error } satisfies Refusal, status, HEADERS);
}

function faultOf(
  { req: { raw: request } }: Context,
  gate: Gate,
): [status: 401 | 403 | 421, error: string] | null {
  const hosts = [`127.0.0.1:${gate.port}`, `localhost:${gate.port}`];
  const host = request.headers.get("host") ?? "";
  if (!hosts.includes(host)) return [421, "This server has another name."];
  const isOpened = isOpening(request);
  const site = request.headers.get("sec-fetch-site") ?? "same-origin";
  // A link to the printed address may stand anywhere: it has the token.
  if (!isOpened && site !== "same-origin" && site !== "none") {
    return [403, "Other pages may not ask."];
  }
  const isReading = request.method === "GET" || request.method === "HEAD";
  const origin = request.headers.get("origin");
  if (origin === null ? !isReading : origin !== `http://${host}`) {
    return [403, "Other pages may not ask."];
  }
  const token = isOpened ? new URL(request.url).searchParams.get("token") : tokenIn(request, gate);
  if (token !== null && isSame(token, gate.token)) return null;
  return [401, "Open the address that the command has printed: it is another one at every start."];
}

/** Whether the page is opened by its printed address. */
function isOpening({ method, url }: Request): boolean {
  const { pathname, searchParams } = new URL(url);
  return method === "GET" && pathname === "/" && searchParams.has("token");
}

function isSame(text: string, other: string): boolean {
  const [a, b] = [text, other].map((value) => new TextEncoder().encode(value)) as [
    Uint8Array,
    Uint8Array,
  ];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Cookies know no ports: the name has it, so that two pages keep out of each other's way. */
function cookieName({ port }: Gate): string {
  return `attparsenet-${port}`;
}

function cookieOf(gate: Gate): string {
  return `${cookieName(gate)}=${gate.token}; Path=/; HttpOnly; SameSite=Strict`;
}

function tokenIn(request: Request, gate: Gate): string | null {
  const cookies = (request.headers.get("cookie") ?? "").split(/; */);
  const name = `${cookieName(gate)}=`;
  return cookies.find((cookie) => cookie.startsWith(name))?.slice(name.length) ?? null;
}
