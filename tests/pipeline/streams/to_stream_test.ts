/**
 * Stages as streams: how far they run ahead of a reader that holds still, and how they end with it.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exists } from "../../../pipeline/files/write_file.ts";
import { PictureReader } from "../../../pipeline/image/reading/picture_reader.ts";
import { loadFaces } from "../../../pipeline/face/faces.ts";
import { landmarks, rejectedPath, writeLandmarks } from "../../../pipeline/landmarks.ts";
import { WorkerLandmarker } from "../../../pipeline/landmarks/landmarker.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { type Stage, toStream } from "../../../pipeline/streams/to_stream.ts";
import { segments } from "../../../pipeline/segments.ts";
import { inFolder, pointsFrom, recordOf } from "../../fixtures/face_records.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { SAMPLE } from "../../contexts/train_context.ts";

/** Whoever would run ahead has had the time to. */
const settle = (milliseconds = 100) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Records of one real image without end; counts those that were taken, and hears of its end. */
class Endless {
  taken = 0;
  ended = false;

  async *records(fields: Partial<FaceRecord> = {}): AsyncGenerator<FaceRecord> {
    const path = join(SAMPLE, "Img", "img_align_celeba", "000001.jpg");
    try {
      while (true) yield recordOf(`${++this.taken}.jpg`, { path, labels: 1, ...fields });
    } finally {
      this.ended = true;
    }
  }
}

/** Yields some records and then stays silent for ever. */
async function* silentAfter(count: number): AsyncGenerator<FaceRecord> {
  for (let i = 0; i < count; i++) yield recordOf(`${i}.jpg`, { points: pointsFrom(i) });
  await new Promise(() => {});
}

Deno.test("toStream() passes items, the end and errors on", async () => {
  const twice: Stage<number, number> = async function* (source) {
    for await (const item of source) {
      if (item > 3) throw new RangeError("too large");
      yield 2 * item;
    }
  };
  const through = (items: number[]) =>
    Array.fromAsync(ReadableStream.from(items).pipeThrough(toStream(twice)));
  assert.deepEqual(await through([1, 2, 3]), [2, 4, 6]);
  await assert.rejects(through([1, 4]), { name: "RangeError", message: "too large" });
});

Deno.test("toStream() ends stages whose reader cancels while their source is silent", async () => {
  const ended: string[] = [];
  const noting = (name: string): Stage<FaceRecord, FaceRecord> =>
    async function* (source) {
      try {
        yield* source;
      } finally {
        ended.push(name);
      }
    };
  const reader = ReadableStream.from(silentAfter(1))
    .pipeThrough(toStream(noting("first"))).pipeThrough(toStream(noting("second"))).getReader();
  assert.equal((await reader.read()).value?.image, "0.jpg");
  const waiting = reader.read();
  await settle();
  await reader.cancel(new Error("that is enough"));
  assert.equal((await waiting).done, true);
  await settle();
  assert.deepEqual(ended.sort(), ["first", "second"]);
});

Deno.test("toStream() leaves no file that looks whole when its reader cancels", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const reader = ReadableStream.from(silentAfter(3))
      .pipeThrough(toStream(writeLandmarks(out))).getReader();
    for (let i = 0; i < 3; i++) await reader.read();
    const waiting = reader.read();
    await settle();
    await reader.cancel();
    await waiting;
    assert.deepEqual([await exists(out), await exists(rejectedPath(out))], [false, false]);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }));

Deno.test("landmarks() as a stream decodes a bounded number of images for a reader that holds still", async () => {
  const source = new Endless();
  let live = 0;
  class Counted extends WorkerLandmarker {
    constructor() {
      super({ predictor: null, gpu: "none" });
      live++;
    }

    override async [Symbol.asyncDispose](): Promise<void> {
      await super[Symbol.asyncDispose]();
      live--;
    }
  }
  const stage = landmarks({
    workers: 2,
    detector: "aligned",
    startLandmarker: () => new Counted(),
  });
  const faces = ReadableStream.from(source.records()).pipeThrough(toStream(stage)).getReader();
  for (let i = 0; i < 3; i++) assert.equal((await faces.read()).value?.rejected, null);
  await settle(1000);
  const { taken } = source;
  // 32 a worker, one that waits in each of the two streams' queues, one in the source, three read.
  assert(taken <= 2 * 32 + 6, `${taken} records were taken`);
  await settle(300);
  assert.deepEqual([source.taken, live], [taken, 2]);
  await faces.cancel();
  assert.deepEqual([source.ended, live], [true, 0]);
});

Deno.test("loadFaces() decodes a bounded number of images for a reader that holds still", async () => {
  const source = new Endless();
  const { input } = PRESETS.lite.network;
  await using reader = new PictureReader({ workers: 1 });
  const stage = (records: AsyncIterable<FaceRecord>) =>
    loadFaces(records, input, (_, reason) => assert.fail(reason), { reader });
  const faces = ReadableStream.from(source.records()).pipeThrough(toStream(stage)).getReader();
  await faces.read();
  await settle();
  assert(source.taken <= 32 + 4, `${source.taken} records were taken`);
  await faces.cancel();
  assert.equal(source.ended, true);
});

gpuTest("segments() as a stream leaves no buffer behind when its reader cancels", async (gpu) => {
  const source = new Endless();
  const extent = { height: 24, width: 20 };
  const stage = segments({ frame: { height: 218, width: 178 }, mask: extent, gpu, batch: 4 });
  for (const isWaiting of [false, true]) {
    const points = pointsFrom(9);
    const records = isWaiting ? silentAfter(6) : source.records({ points });
    const faces = ReadableStream.from(records).pipeThrough(toStream(stage)).getReader();
    for (let i = 0; i < 4; i++) await faces.read();
    const next = isWaiting ? faces.read() : null;
    await settle();
    assert.equal(gpu.liveBuffers, 0);
    await faces.cancel();
    await next;
  }
  assert(source.taken <= 4 + 4, `${source.taken} records were taken`);
  assert.equal(source.ended, true);
});
