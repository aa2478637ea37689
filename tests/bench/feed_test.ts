import assert from "node:assert/strict";
import { join } from "node:path";
import { pack } from "../../pipeline/pack.ts";
import { findPython } from "../contexts/python_peer.ts";
import { SAMPLE } from "../contexts/train_context.ts";
import { inFolder } from "../fixtures/face_records.ts";
import type { FeedRound } from "./contenders/feed_contender.ts";
import {
  contendersOf,
  type FeedContender,
  nameOf,
  SIZES,
  startContender,
  workerCounts,
} from "./contenders/feed_contenders.ts";
import { facesOf, sizeName } from "./contenders/feed_source.ts";
import { rateOf, resultsOf } from "./feed_bench.ts";

Deno.test("bench feed: workers are the powers of two below the cores, and the cores", () => {
  const counts = [1, 2, 3, 4, 6, 16].map(workerCounts);
  const expected = [[1], [1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 4, 6], [1, 2, 4, 8, 16]];
  assert.deepEqual(counts, expected);
});

Deno.test("bench feed: each contender has a name of its own, and none needs a Python that is not there", () => {
  const all = contendersOf([1, 2, 4], true);
  assert.equal(new Set(all.map(nameOf)).size, all.length);
  const ours = contendersOf([1, 2, 4], false);
  assert.deepEqual(ours, all.filter(({ by }) => by === "ours"));
});

Deno.test("bench feed: a rate is the median of the rounds', beside the best", () => {
  const contender = contendersOf([1], false)[0]!;
  const rounds = [[100, 1, 2], [300, 1, 3], [200, 1, 1]]
    .map(([images, seconds, cpu]) => ({ images: images!, seconds: seconds!, cpu: cpu! }));
  assert.deepEqual(rateOf(contender, rounds), { contender, rate: 200, best: 300, cpu: 10_000 });
});

Deno.test("bench feed: results are named by parts, workers, sizes and peers", () => {
  const rates = contendersOf([1, 2], true)
    .map((contender, i) => ({ contender, rate: i, best: i, cpu: i }));
  const { decode, feed, parts, peers, load } = resultsOf(rates, [1, 2, 3]);
  assert.deepEqual({ decode, feed, parts, load }, {
    decode: { 1: 3, 2: 4 },
    feed: { jpeg: { 1: 5, 2: 7 }, pack: { "109x89": 9, "218x178": 13 } },
    parts: { file: 0, decode: 1, resize: 2 },
    load: [1, 2, 3],
  });
  assert.equal(peers.length, 8);
  const name = "PyTorch, pack to batches, 218x178, no workers";
  assert.deepEqual(peers[5], { name, from: "pack", size: "218x178", workers: 0, rate: 14 });
});

Deno.test("bench feed: contenders read all faces of a pack", () =>
  inFolder(async (folder) => {
    const landmarks = join(SAMPLE, "Anno", "list_landmarks_68.csv");
    const source = { dataset: SAMPLE, landmarks, faces: 8 };
    const records = await facesOf(source);
    const [size] = SIZES;
    const out = join(folder, "faces.safetensors");
    await pack({ records: ReadableStream.from(records), size, out });
    const python = await findPython("cv2") && await findPython("torch");
    const given = { source, records, packs: { [sizeName(size)]: out }, python };
    for (const by of ["ours", ...python ? ["PyTorch"] : []] as FeedContender["by"][]) {
      await using peer = await startContender({ by, way: "pack", workers: 0, size }, given);
      const { images } = await peer.ask<FeedRound>({});
      assert(images > 0 && images % 2048 === 0, `${by}: ${images} images`);
    }
  }));
