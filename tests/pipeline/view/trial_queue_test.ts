import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { TrialQueue } from "../../../pipeline/view/page/try/trial_queue.ts";
import type { Tried } from "../../../pipeline/view/wire.ts";

/** Answers each request when it is told to. */
class Server implements Disposable {
  readonly paths: string[] = [];
  readonly #real = fetch;
  #answer = (_: Response) => {};

  constructor() {
    globalThis.fetch = (path, init) => {
      this.paths.push(`${path}`);
      return new Promise((resolve, reject) => {
        this.#answer = resolve;
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    };
  }

  async answer(status: number, value: Tried | { error: string }): Promise<void> {
    this.#answer(Response.json(value, { status }));
    await setTimeout(0);
  }

  [Symbol.dispose](): void {
    globalThis.fetch = this.#real;
  }
}

const ANSWER: Tried = { faces: [] };

function files(...names: string[]): File[] {
  return names.map((name) => new File([name], name));
}

Deno.test("TrialQueue asks for one photograph after the other, until it is told to stop", async () => {
  using server = new Server();
  const queue = new TrialQueue();
  const state = () =>
    queue.photos.map(({ file, tried, fault }) =>
      `${file.name} ${tried ? "seen" : fault || "waits"}`
    );
  queue.add(files("a", "b"));
  assert.deepEqual(server.paths, [], "nobody is asked before a run is chosen");
  queue.choose({ runs: ["one"], all: false });
  queue.add(files("c", "d"));
  assert.deepEqual(server.paths, ["api/try?run=one"], "one at a time");
  await server.answer(200, ANSWER);
  await server.answer(400, { error: "No face." });
  assert.deepEqual(state(), ["a seen", "b No face.", "c waits", "d waits"]);
  assert.equal(queue.current?.file.name, "c");
  queue.cancel();
  await server.answer(200, ANSWER);
  assert.deepEqual(state(), ["a seen", "b No face."], "an answer that comes late does not count");
  assert.equal(server.paths.length, 3);

  queue.choose({ runs: ["one", "two"], all: true });
  assert.equal(server.paths.at(-1), "api/try?run=one&run=two&all=1");
  assert.deepEqual(state(), ["a waits", "b waits"], "others are asked again");
  queue.choose({ runs: ["two"], all: false });
  await server.answer(200, ANSWER);
  await server.answer(200, ANSWER);
  assert.deepEqual(state(), ["a seen", "b seen"]);
  assert.equal(queue.current, undefined);
  queue.add(files(...Array.from({ length: 600 }, (_, i) => `${i}`)));
  assert.deepEqual([queue.photos.length, queue.leftOut], [500, 102]);
  queue.clear();
  assert.deepEqual([queue.photos.length, queue.leftOut], [0, 0]);
});
