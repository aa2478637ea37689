/** The local page for tests: served in this process, at a port of its own. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../pipeline/dataset.ts";
import type { FaceRecord } from "../../pipeline/face/record.ts";
import { openView, type ViewOptions } from "../../pipeline/view.ts";
import { Events } from "../../pipeline/view/server/events.ts";
import type { Told } from "../../pipeline/view/wire.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "./train_context.ts";

/** All faces of the sample. */
export async function* sampleRecords(): AsyncGenerator<FaceRecord> {
  yield* (await openDataset(SAMPLE)).records();
}

/** What pages would be told. */
export class Heard extends Events {
  readonly all: Told[] = [];

  override tell(event: Told): void {
    this.all.push(event);
    super.tell(event);
  }

  get states(): string[] {
    return this.all.flatMap((event) => event.type === "saving" ? [event.state] : []);
  }
}

/** Waits for what is to come, ten seconds at most. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(what);
}

/** A page that is served until it is disposed. */
export class ServedView implements AsyncDisposable {
  /** With the token. */
  readonly address: string;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly #token: string;
  readonly #end: () => Promise<void>;

  /** A page that is served already, and how it is ended. */
  constructor(address: string, end: () => Promise<void>) {
    this.address = address;
    const url = new URL(address);
    this.origin = url.origin;
    this.#token = url.searchParams.get("token")!;
    this.#end = end;
  }

  /** By default the sample with its true points. */
  static async open(options: Partial<ViewOptions> = {}): Promise<ServedView> {
    const stop = new AbortController();
    const view = await openView({
      ...{ records: sampleRecords(), dataset: SAMPLE, landmarks: SAMPLE_LANDMARKS, runs: [] },
      correcting: { off: "These are the data set's own." },
      ...options,
      signal: stop.signal,
    });
    return new ServedView(view.address, async () => {
      stop.abort();
      await view.finished;
    });
  }

  /** The sample with a landmarks file of one's own in a folder, in which it is corrected: `faces.csv`. */
  static async correctable(
    folder: string,
    options: Partial<ViewOptions> = {},
  ): Promise<ServedView> {
    const file = join(folder, "faces.csv");
    await Deno.copyFile(SAMPLE_LANDMARKS, file);
    return await ServedView.open({ landmarks: file, correcting: { file }, ...options });
  }

  /** Headers of the page's own requests. */
  get headers(): Record<string, string> {
    const cookie = `attparsenet-${new URL(this.origin).port}=${this.#token}`;
    return { cookie, origin: this.origin };
  }

  /** Asks as the page does. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...this.headers, ...init.headers as Record<string, string> };
    return fetch(this.origin + path, { ...init, headers });
  }

  /** The JSON of an answer, whatever its status. */
  async ask<T>(path: string, init?: RequestInit): Promise<T> {
    return await (await this.fetch(path, init)).json();
  }

  /** Sends JSON; gives status and answer. */
  async send<T>(method: string, path: string, value: unknown): Promise<[status: number, value: T]> {
    const headers = { "content-type": "application/json" };
    const response = await this.fetch(path, { method, headers, body: JSON.stringify(value) });
    return [response.status, await response.json()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
