import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng } from "../../../pipeline/image/image.ts";
import {
  type FaceAnswer,
  type FaceRequest,
  type FoundFaces,
  type Landmarker,
  type LandmarkRow,
  landmarks,
  readLandmarks,
  scoreLandmarks,
} from "../../../pipeline/landmarks.ts";
import { WorkerLost } from "../../../pipeline/streams/worker_pool.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import type { Stage } from "../../../pipeline/streams/to_stream.ts";
import { drawFace } from "../../fixtures/drawn_face.ts";
import { inFolder, pointsFrom, recordOf, run } from "../../fixtures/face_records.ts";

const wait = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

type Behaviour = (request: FaceRequest) => Promise<FaceAnswer | null>;

/** Landmarkers of one stage, and what became of them. */
class Fakes {
  started = 0;
  live = 0;
  /** Most of them that were there at a time. */
  most = 0;
  /** Names of the images of each batch, as numbers. */
  readonly batches: number[][] = [];
}

/** A landmarker that answers with points made from the number in the image's name. */
class FakeLandmarker implements Landmarker {
  readonly ready: Promise<void> = Promise.resolve();
  readonly #fakes: Fakes;
  readonly #behave: Behaviour;
  readonly #stopped = Promise.withResolvers<never>();
  #busy = false;
  #isLive = true;

  constructor(fakes: Fakes, behave: Behaviour) {
    this.#fakes = fakes;
    this.#behave = behave;
    fakes.started++;
    fakes.most = Math.max(fakes.most, ++fakes.live);
    this.#stopped.promise.catch(() => {});
  }

  async answer(requests: readonly FaceRequest[]): Promise<readonly FaceAnswer[]> {
    assert.equal(this.#busy, false, "a landmarker got two batches at a time");
    this.#busy = true;
    this.#fakes.batches.push(requests.map(numberOf));
    try {
      const answers = requests.map(async (request) =>
        await this.#behave(request) ?? found(numberOf(request))
      );
      return await Promise.race([Promise.all(answers), this.#stopped.promise]);
    } finally {
      this.#busy = false;
    }
  }

  /** As of a worker thread: who waits for it is told. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isLive) this.#fakes.live--;
    this.#isLive = false;
    this.#stopped.reject(new Error("it was stopped"));
    return Promise.resolve();
  }
}

function numberOf({ path }: FaceRequest): number {
  return Number(path.match(/\d+/)![0]);
}

function found(n: number): FaceAnswer {
  const box = { x: 1.234, y: 2, width: 3.456, height: 4 };
  return { size: [178, 218], faces: [{ box, points: pointsFrom(n + 0.001), turn: 0 }] };
}

interface FakeStage {
  readonly stage: Stage<FaceRecord, FaceRecord>;
  readonly fakes: Fakes;
}

function fakeStage(
  behave: Behaviour = () => Promise.resolve(null),
  options: Parameters<typeof landmarks>[0] = {},
): FakeStage {
  const fakes = new Fakes();
  const startLandmarker = () => new FakeLandmarker(fakes, behave);
  return { stage: landmarks({ workers: 3, startLandmarker, ...options }), fakes };
}

/** Records of `0.jpg`, `1.jpg`, … */
function numbered(count: number): FaceRecord[] {
  return Array.from({ length: count }, (_, i) => recordOf(`${i}.jpg`));
}

Deno.test("landmarks() keeps the order whatever takes how long", async () => {
  let seed = 5;
  const { stage, fakes } = fakeStage(async () => {
    seed = seed * 16807 % 2147483647;
    await wait(seed % 4);
    return null;
  });
  const records = await run(stage, numbered(100));
  assert.deepEqual(records.map(({ image }) => image), numbered(100).map(({ image }) => image));
  for (const [i, record] of records.entries()) {
    assert.equal(record.points![0], i, record.image);
    assert.deepEqual(record.size, [178, 218]);
  }
  assert.deepEqual([fakes.started, fakes.live], [3, 0]);
  assert.deepEqual(fakes.batches.flat().toSorted((a, b) => a - b), [...records.keys()]);
});

Deno.test("landmarks() rounds points and boxes to 1/100 pixel and keeps the data set's box", async () => {
  const box = { x: 10, y: 20, width: 30, height: 40 };
  const asked: unknown[] = [];
  const { stage } = fakeStage((request) => {
    asked.push(request);
    return Promise.resolve(null);
  }, { detector: "ssd" });
  const records = await run(stage, [
    recordOf("7.jpg"),
    recordOf("8.jpg", { box }),
    recordOf("9.jpg", { box: { x: 0, y: 0, width: 0, height: 0 } }),
  ]);
  assert.deepEqual(records[0]!.points, pointsFrom(7));
  assert.deepEqual(records.map((record) => record.box), [
    { x: 1.23, y: 2, width: 3.46, height: 4 },
    box,
    { x: 1.23, y: 2, width: 3.46, height: 4 },
  ]);
  const ways = { uprightOnly: false, useDamaged: false };
  assert.deepEqual(asked, [
    { path: "/nowhere/7.jpg", detector: "ssd", box: null, all: false, ...ways },
    { path: "/nowhere/8.jpg", detector: "ssd", box, all: false, ...ways },
    { path: "/nowhere/9.jpg", detector: "ssd", box: null, all: false, ...ways },
  ]);
});

Deno.test("landmarks() passes records that are rejected or have points already", async () => {
  const { stage, fakes } = fakeStage(() => Promise.reject(new Error("must not be asked")));
  const records = [
    recordOf("1.jpg", { rejected: "not wanted" }),
    recordOf("2.jpg", { points: pointsFrom(2) }),
  ];
  assert.deepEqual(await run(stage, records), records);
  assert.equal(fakes.started, 0);
});

Deno.test("landmarks() rejects a face that is not found and goes on", async () => {
  const { stage } = fakeStage(({ path }) =>
    Promise.resolve(path.endsWith("/2.jpg") ? { size: [5, 6], rejected: "no face found" } : null)
  );
  const records = await run(stage, ["1.jpg", "2.jpg", "3.jpg"].map((name) => recordOf(name)));
  assert.deepEqual(records.map(({ rejected }) => rejected), [null, "no face found", null]);
  assert.deepEqual(records[1]!.size, [5, 6]);
  assert.equal(records[1]!.points, null);
});

Deno.test("landmarks() makes a record of each face if all are wanted", async () => {
  const box = { x: 10, y: 20, width: 30, height: 40 };
  const { stage } = fakeStage((request) => {
    assert.equal(request.all, true);
    const { size, faces } = found(numberOf(request)) as FoundFaces;
    const others = [1, 2].map((n) => {
      return {
        box: { ...box, x: n },
        points: pointsFrom(100 * n),
        turn: n === 1 ? 0 : 90,
      } as const;
    });
    return Promise.resolve({
      size,
      faces: numberOf(request) === 1 ? [...faces, ...others] : faces,
    });
  }, { allFaces: true });
  const records = await run(stage, [recordOf("0.jpg"), recordOf("1.jpg", { box, labels: 5 })]);
  assert.deepEqual(
    records.map(({ image, path, labels, box, points }) => [image, path, labels, box, points![0]]),
    [
      ["0.jpg", "/nowhere/0.jpg", null, { x: 1.23, y: 2, width: 3.46, height: 4 }, 0],
      ["1.jpg", "/nowhere/1.jpg", 5, box, 1],
      ["1.jpg#2", "/nowhere/1.jpg", 5, { ...box, x: 1 }, 100],
      ["1.jpg#3", "/nowhere/1.jpg", 5, { ...box, x: 2 }, 200],
    ],
  );
  const turns = records.map((record) => "turn" in record ? record.turn : "none");
  assert.deepEqual(turns, ["none", "none", "none", 90]);
});

Deno.test("landmarks() shares what waits among its landmarkers, 16 at a time at most", async () => {
  const few = fakeStage(() => wait(1).then(() => null));
  await run(few.stage, numbered(3));
  assert.deepEqual(few.fakes.batches, [[0], [1], [2]]);
  const many = fakeStage(() => wait(2).then(() => null), { workers: 2 });
  await run(many.stage, numbered(100));
  const sizes = many.fakes.batches.map(({ length }) => length);
  assert.equal(Math.max(...sizes), 16);
  assert(sizes.length < 20, `${sizes}`);
});

Deno.test("landmarks() rejects only the image that breaks a landmarker, alone or in a batch", async () => {
  const { stage, fakes } = fakeStage(async (request) => {
    await wait(1);
    if (numberOf(request) % 10 === 7) throw new Error("out of memory");
    return null;
  }, { workers: 2 });
  const records = await run(stage, numbered(100));
  for (const [n, { image, rejected, points }] of records.entries()) {
    const broken = n % 10 === 7;
    const reason = broken ? "the search for the face broke down: out of memory" : null;
    assert.equal(rejected, reason, image);
    assert.equal(points?.[0], broken ? undefined : n, image);
  }
  assert.deepEqual(records.map(({ image }) => image), numbered(100).map(({ image }) => image));
  // Each guilty image ends one landmarker in the end, alone, and one with its batch unless it was alone.
  const alone = fakes.batches.filter(([n, ...others]) => n! % 10 === 7 && others.length === 0);
  const together = fakes.batches.filter((batch) =>
    batch.length > 1 && batch.some((n) => n % 10 === 7)
  );
  assert.equal(alone.length, 10);
  assert(together.length > 0, "no batch was broken");
  assert(fakes.started > 10, `${fakes.started} were started`);
  assert.deepEqual([fakes.most, fakes.live], [2, 0], "more landmarkers than workers");
});

Deno.test("landmarks() asks again for what a lost GPU kept from being found", async () => {
  const lost = new WorkerLost("The GPU was lost (unknown: reset)");
  let losses = 3;
  const some = fakeStage(async () => {
    await wait(1);
    if (losses > 0 && losses-- > 0) throw lost;
    return null;
  }, { workers: 2 });
  const records = await run(some.stage, numbered(40));
  assert.deepEqual(records.map(({ rejected }) => rejected), Array(40).fill(null));
  const always = fakeStage(() => Promise.reject(lost), { workers: 2 });
  await assert.rejects(run(always.stage, numbered(40)), { name: "WorkerLost" });
});

Deno.test("landmarks() ends with the error if landmarkers cannot be started", async () => {
  const startLandmarker = (): Landmarker => ({
    ready: Promise.reject(new Error("The landmark worker does not start: no wasm")),
    answer: () => Promise.reject(new Error("not ready")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  for (const workers of [1, 3]) {
    const stage = landmarks({ workers, startLandmarker });
    await assert.rejects(run(stage, numbered(40)), /does not start: no wasm/);
  }
});

Deno.test("landmarks() works on as many threads as there are cores, or as it is told", async () => {
  const cores = Object.getOwnPropertyDescriptor(Navigator.prototype, "hardwareConcurrency")!;
  Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { ...cores, get: () => 7 });
  try {
    for (const [workers, most] of [[undefined, 7], [1, 1], [12, 12]] as const) {
      const { stage, fakes } = fakeStage(() => wait(2).then(() => null), { workers });
      await run(stage, numbered(300));
      assert.equal(fakes.most, most);
    }
  } finally {
    Object.defineProperty(Navigator.prototype, "hardwareConcurrency", cores);
  }
});

Deno.test("landmarks() takes only a bounded number of records ahead of a slow reader", async () => {
  const { stage } = fakeStage(undefined, { workers: 2 });
  let taken = 0;
  let given = 0;
  let most = 0;
  async function* source() {
    for (let i = 0; i < 400; i++) {
      taken++;
      most = Math.max(most, taken - given);
      if (i % 50 === 0) await wait(0);
      yield recordOf(`${i}.jpg`);
    }
  }
  for await (const _ of stage(source())) {
    given++;
    if (given % 40 === 0) await wait(5);
  }
  assert.equal(given, 400);
  assert.ok(most <= 2 * 32 + 1, `${most} records were under way`);
});

Deno.test("landmarks() hands on what is done while its source is slow", async () => {
  const { stage } = fakeStage();
  const gate = Promise.withResolvers<void>();
  async function* source() {
    yield recordOf("1.jpg");
    await gate.promise;
    yield recordOf("2.jpg");
  }
  const records = stage(source())[Symbol.asyncIterator]();
  assert.equal((await records.next()).value.image, "1.jpg");
  gate.resolve();
  assert.equal((await records.next()).value.image, "2.jpg");
  assert.equal((await records.next()).done, true);
});

Deno.test("landmarks() stops at once when it is aborted, and releases its landmarkers", async () => {
  const abort = new AbortController();
  const hang = (request: FaceRequest) =>
    numberOf(request) < 20 ? wait(1).then(() => null) : new Promise<null>(() => {});
  const { stage, fakes } = fakeStage(hang, { signal: abort.signal });
  const running = run(stage, numbered(100));
  await wait(30);
  assert(fakes.batches.at(-1)!.length > 1, "no batch is under way");
  const { started } = fakes;
  abort.abort(new Error("interrupted"));
  await assert.rejects(running, { message: "interrupted" });
  await wait(5);
  // What was under way is not tried again.
  assert.deepEqual([fakes.started, fakes.live], [started, 0]);
  const late = fakeStage(undefined, { signal: abort.signal });
  await assert.rejects(run(late.stage, numbered(1)), { message: "interrupted" });
  assert.equal(late.fakes.started, 0);
});

Deno.test("landmarks() ends its source and its landmarkers when the reader stops", async () => {
  const { stage, fakes } = fakeStage();
  let ended = false;
  async function* source() {
    try {
      for (let i = 0;; i++) {
        await wait(0);
        yield recordOf(`${i}.jpg`);
      }
    } finally {
      ended = true;
    }
  }
  for await (const { image } of stage(source())) if (image === "5.jpg") break;
  await wait(5);
  assert.equal(ended, true);
  assert.equal(fakes.live, 0);
});

Deno.test("landmarks() tells its progress, and refuses to work with no workers", async () => {
  const heard: unknown[] = [];
  const { stage } = fakeStage(undefined, {
    onProgress: (...values) => heard.push(values),
  });
  await run(stage, numbered(2));
  assert.deepEqual(heard, [[1, null], [2, null]]);
  assert.throws(() => landmarks({ workers: 0 }), {
    name: "RangeError",
    message: "Cannot find landmarks with 0 workers: at least 1 is needed",
  });
});

Deno.test("landmarks() finds a face, and says why it does not, on real worker threads", async () => {
  await inFolder(async (folder) => {
    const face = await encodePng(drawFace(200));
    const plain = { width: 60, height: 80, data: new Uint8Array(60 * 80).fill(120) };
    await Deno.writeFile(join(folder, "face.png"), face);
    await Deno.writeFile(join(folder, "cut.png"), face.subarray(0, face.length / 2));
    await Deno.writeFile(join(folder, "plain.png"), await encodePng(plain));
    await Deno.writeTextFile(join(folder, "text.jpg"), "image_name\n");
    const names = ["face.png", "cut.png", "absent.jpg", "plain.png", "text.jpg", "face.png"];
    const records = await run(
      landmarks({ detector: "tiny", workers: 2, predictor: null }),
      names.map((name) => recordOf(name, { path: join(folder, name) })),
    );
    assert.deepEqual(records.map(({ rejected, size }) => [rejected, size]), [
      [null, [200, 200]],
      ["not an image: the PNG is damaged or cut short", null],
      ["cannot read: there is no such file", null],
      ["no face found", [60, 80]],
      [
        "not an image: the file is no picture of a known kind; AVIF, BMP, GIF, JPEG, PNG, TIFF, WebP are read",
        null,
      ],
      [null, [200, 200]],
    ]);
    assert.deepEqual(records[0]!.points, records[5]!.points);
    // Drawn: outer corners of the eyes, nostrils' middle, corners of the mouth, chin.
    const drawn = { 36: [71, 96], 45: [129, 96], 33: [100, 131], 48: [82, 145], 54: [118, 145] };
    for (const [point, [x, y]] of Object.entries({ ...drawn, 8: [100, 168] })) {
      const at = records[0]!.points!.subarray(2 * Number(point));
      const off = Math.hypot(at[0]! - x!, at[1]! - y!);
      assert.ok(off < 8, `point ${point} is at ${at[0]}, ${at[1]}, drawn at ${x}, ${y}`);
    }
  });
});

Deno.test("landmarks() finds the faces of the sample", async (t) => {
  const root = join(import.meta.dirname!, "..", "..", "..", "data", "sample");
  const truthFile = join(root, "Anno/list_landmarks_68.csv");
  const truth: LandmarkRow[] = [];
  try {
    for await (const row of readLandmarks(truthFile)) {
      truth.push(row);
      if (truth.length === 8) break;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await t.step({ name: "there is no sample", ignore: true, fn: () => {} }) as never;
  }
  const records = await run(
    landmarks({ workers: 2, predictor: null }),
    truth.map(({ image }) => recordOf(image, { path: join(root, "Img/img_align_celeba", image) })),
  );
  const rows = records.flatMap(({ image, points }) => points ? [{ image, points }] : []);
  const score = await scoreLandmarks(rows, truth);
  assert.equal(score.missed, 0);
  assert.ok(score.mean < 0.1, `NME ${score.mean}`);
});
