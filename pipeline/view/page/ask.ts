/// <reference lib="dom" />
/** Questions to the server. */

import type { Refusal } from "../wire.ts";

/** The server refused; the message is for the user. */
export class Refused extends Error {
  readonly status: number;
  /** All that it has answered. */
  readonly answer: unknown;

  constructor(status: number, message: string, answer: unknown) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

/**
 * Asks `/api/PATH` for JSON.
 *
 * @throws {Refused} If the server refuses.
 * @throws {Error} If it does not answer.
 */
export async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await fetch(`api/${path}`, options).catch((cause) => {
    if (options.signal?.aborted) throw cause;
    throw new Error("The command does not answer.", { cause });
  });
  if (response.ok) return await response.json();
  const value = await response.json().catch(() => ({}));
  const { error = `The server answers with ${response.status}.` } = value as Partial<Refusal>;
  throw new Refused(response.status, error, value);
}

/** Sends JSON to `/api/PATH`; answers and errors as of {@linkcode ask}. */
export function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  value: unknown,
): Promise<T> {
  const headers = { "content-type": "application/json" };
  return ask<T>(path, { method, headers, body: JSON.stringify(value) });
}
