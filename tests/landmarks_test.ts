import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng } from "../pipeline/image.ts";
import {
  type FaceAnswer,
  type FaceRequest,
  joinLandmarks,
  type Landmarker,
  type LandmarkRow,
  landmarks,
  readLandmarks,
  rejectedPath,
  scoreLandmarks,
  writeLandmarks,
} from "../pipeline/landmarks.ts";
import type { FaceRecord, Stage } from "../pipeline/record.ts";
import { drawFace } from "./drawn_face.ts";

function recordOf(image: string, fields: Partial<FaceRecord> = {}): FaceRecord {
  const nothing = { split: null, labels: null, size: null, box: null, points: null };
  return { image, path: `/nowhere/${image}`, ...nothing, rejected: null, ...fields };
}

async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

function run(stage: Stage<FaceRecord, FaceRecord>, records: FaceRecord[]): Promise<FaceRecord[]> {
  return Array.fromAsync(stage(streamOf(records)));
}

/** Points (n, n + 0.25), (n + 1, n + 1.25), … */
function pointsFrom(n: number): Float32Array {
  return Float32Array.from({ length: 136 }, (_, i) => n + Math.floor(i / 2) + (i % 2) / 4);
}

const wait = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A landmarker that answers with points made from the number in the image's name. */
class FakeLandmarker implements Landmarker {
  static started = 0;
  static live = 0;
  readonly ready: Promise<void> = Promise.resolve();
  readonly #behave: (request: FaceRequest) => Promise<FaceAnswer | null>;
  #busy = false;

  constructor(behave: (request: FaceRequest) => Promise<FaceAnswer | null>) {
    this.#behave = behave;
    FakeLandmarker.started++;
    FakeLandmarker.live++;
  }

  async find(request: FaceRequest): Promise<FaceAnswer> {
    assert.equal(this.#busy, false, "a landmarker got two requests at a time");
    this.#busy = true;
    try {
      return await this.#behave(request) ?? found(Number(request.path.match(/\d+/)![0]));
    } finally {
      this.#busy = false;
    }
  }

  [Symbol.dispose](): void {
    FakeLandmarker.live--;
  }
}

function found(n: number): FaceAnswer {
  const box = { x: 1.234, y: 2, width: 3.456, height: 4 };
  return { size: [178, 218], box, points: pointsFrom(n + 0.001) };
}

function fakeStage(
  behave: (request: FaceRequest) => Promise<FaceAnswer | null>,
  options: Parameters<typeof landmarks>[0] = {},
): Stage<FaceRecord, FaceRecord> {
  FakeLandmarker.started = 0;
  FakeLandmarker.live = 0;
  const startLandmarker = () => new FakeLandmarker(behave);
  return landmarks({ workers: 3, startLandmarker, ...options });
}

Deno.test("landmarks() keeps the order whatever takes how long", async () => {
  let seed = 5;
  const stage = fakeStage(async () => {
    seed = seed * 16807 % 2147483647;
    await wait(seed % 4);
    return null;
  });
  const names = Array.from({ length: 100 }, (_, i) => `${i}.jpg`);
  const records = await run(stage, names.map((name) => recordOf(name)));
  assert.deepEqual(records.map(({ image }) => image), names);
  for (const [i, record] of records.entries()) {
    assert.equal(record.points![0], i, record.image);
    assert.deepEqual(record.size, [178, 218]);
  }
  assert.deepEqual([FakeLandmarker.started, FakeLandmarker.live], [3, 0]);
});

Deno.test("landmarks() rounds points and boxes to 1/100 pixel and keeps the data set's box", async () => {
  const box = { x: 10, y: 20, width: 30, height: 40 };
  const asked: unknown[] = [];
  const stage = fakeStage((request) => {
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
  assert.deepEqual(asked, [
    { path: "/nowhere/7.jpg", detector: "ssd", box: null },
    { path: "/nowhere/8.jpg", detector: "ssd", box },
    { path: "/nowhere/9.jpg", detector: "ssd", box: null },
  ]);
});

Deno.test("landmarks() passes records that are rejected or have points already", async () => {
  const stage = fakeStage(() => Promise.reject(new Error("must not be asked")));
  const records = [
    recordOf("1.jpg", { rejected: "not wanted" }),
    recordOf("2.jpg", { points: pointsFrom(2) }),
  ];
  assert.deepEqual(await run(stage, records), records);
  assert.equal(FakeLandmarker.started, 0);
});

Deno.test("landmarks() rejects a face that is not found and goes on", async () => {
  const stage = fakeStage(({ path }) =>
    Promise.resolve(path.endsWith("/2.jpg") ? { size: [5, 6], rejected: "no face found" } : null)
  );
  const records = await run(stage, ["1.jpg", "2.jpg", "3.jpg"].map((name) => recordOf(name)));
  assert.deepEqual(records.map(({ rejected }) => rejected), [null, "no face found", null]);
  assert.deepEqual(records[1]!.size, [5, 6]);
  assert.equal(records[1]!.points, null);
});

Deno.test("landmarks() replaces a landmarker that breaks down and rejects its record", async () => {
  const stage = fakeStage(async ({ path }) => {
    await wait(1);
    if (/[37]\.jpg$/.test(path)) throw new Error("out of memory");
    return null;
  }, { workers: 2 });
  const names = Array.from({ length: 20 }, (_, i) => `${i}.jpg`);
  const records = await run(stage, names.map((name) => recordOf(name)));
  for (const { image, rejected } of records) {
    const broken = /[37]\.jpg$/.test(image);
    const reason = broken ? "the search for the face broke down: out of memory" : null;
    assert.equal(rejected, reason, image);
  }
  assert.ok(FakeLandmarker.started >= 5, `${FakeLandmarker.started} were started`);
});

Deno.test("landmarks() ends with the error if landmarkers cannot be started", async () => {
  const startLandmarker = (): Landmarker => ({
    ready: Promise.reject(new Error("The landmark worker does not start: no wasm")),
    find: () => Promise.reject(new Error("not ready")),
    [Symbol.dispose]() {},
  });
  const stage = landmarks({ workers: 1, startLandmarker });
  await assert.rejects(run(stage, [recordOf("1.jpg")]), /does not start: no wasm/);
});

Deno.test("landmarks() takes only a bounded number of records ahead of a slow reader", async () => {
  const stage = fakeStage(() => Promise.resolve(null), { workers: 2 });
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
  assert.ok(most <= 2 * 16 + 1, `${most} records were under way`);
});

Deno.test("landmarks() hands on what is done while its source is slow", async () => {
  const stage = fakeStage(() => Promise.resolve(null));
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
  const stage = fakeStage(() => new Promise(() => {}), { signal: abort.signal });
  const running = run(stage, Array.from({ length: 100 }, (_, i) => recordOf(`${i}.jpg`)));
  await wait(1);
  abort.abort(new Error("interrupted"));
  await assert.rejects(running, { message: "interrupted" });
  assert.equal(FakeLandmarker.live, 0);
  const late = fakeStage(() => Promise.resolve(null), { signal: abort.signal });
  await assert.rejects(run(late, [recordOf("1.jpg")]), { message: "interrupted" });
});

Deno.test("landmarks() ends its source and its landmarkers when the reader stops", async () => {
  const stage = fakeStage(() => Promise.resolve(null));
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
  assert.equal(FakeLandmarker.live, 0);
});

Deno.test("landmarks() tells its progress, and refuses to work with no workers", async () => {
  const heard: unknown[] = [];
  const stage = fakeStage(() => Promise.resolve(null), {
    onProgress: (...values) => heard.push(values),
  });
  await run(stage, [recordOf("1.jpg"), recordOf("2.jpg")]);
  assert.deepEqual(heard, [[1, null], [2, null]]);
  assert.throws(() => landmarks({ workers: 0 }), {
    name: "RangeError",
    message: "Cannot find landmarks with 0 workers: at least 1 is needed",
  });
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

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
      landmarks({ detector: "tiny", workers: 2 }),
      names.map((name) => recordOf(name, { path: join(folder, name) })),
    );
    assert.deepEqual(records.map(({ rejected, size }) => [rejected, size]), [
      [null, [200, 200]],
      ["not an image: the PNG is damaged or cut short", null],
      ["cannot read: there is no such file", null],
      ["no face found", [60, 80]],
      ["not an image: the file is neither a JPEG nor a PNG", null],
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
  const root = join(import.meta.dirname!, "../data/sample");
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
    landmarks({ workers: 2 }),
    truth.map(({ image }) => recordOf(image, { path: join(root, "Img/img_align_celeba", image) })),
  );
  const rows = records.flatMap(({ image, points }) => points ? [{ image, points }] : []);
  const score = await scoreLandmarks(rows, truth);
  assert.equal(score.missed, 0);
  assert.ok(score.mean < 0.1, `NME ${score.mean}`);
});

Deno.test("writeLandmarks() writes each record into exactly one of its two files", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "sub/faces.csv");
    assert.equal(rejectedPath(out), join(folder, "sub/faces.rejected.ndjson"));
    assert.equal(rejectedPath("faces"), "faces.rejected.ndjson");
    const records = [
      recordOf("1.jpg", { points: pointsFrom(1) }),
      recordOf('2,"b".jpg', { points: pointsFrom(-0.125) }),
      recordOf("3.jpg", { rejected: "no face found", points: pointsFrom(3) }),
      recordOf("4.jpg"),
    ];
    assert.deepEqual(await run(writeLandmarks(out), records), records);
    const [header, first, second, ...rest] = (await Deno.readTextFile(out)).split("\n");
    assert.ok(header!.startsWith("image_name,x_0,x_1,") && header!.endsWith(",y_66,y_67"));
    assert.ok(first!.startsWith("1.jpg,1,2,3,") && first!.endsWith(",67.25,68.25"), first);
    assert.ok(second!.startsWith('"2,""b"".jpg",-0.12,0.88,'), second);
    assert.deepEqual(rest, [""]);
    assert.equal(
      await Deno.readTextFile(rejectedPath(out)),
      '{"image":"3.jpg","reason":"no face found"}\n' +
        '{"image":"4.jpg","reason":"there are no landmarks"}\n',
    );
    assert.deepEqual(await filesIn(join(folder, "sub")), ["faces.csv", "faces.rejected.ndjson"]);
  });
});

Deno.test("writeLandmarks() and readLandmarks() keep rounded points, for more than a buffer", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const rows = Array.from({ length: 200 }, (_, i) => ({
      image: `${i}.jpg`,
      points: Float32Array.from({ length: 136 }, (_, k) => ((i * 7919 + k * 104729) % 60001) / 100),
    }));
    await run(writeLandmarks(out), rows.map(({ image, points }) => recordOf(image, { points })));
    assert.deepEqual(await Array.fromAsync(readLandmarks(out)), rows);
  });
});

Deno.test("writeLandmarks() leaves nothing behind if the stream ends early", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const records = [1, 2, 3].map((n) => recordOf(`${n}.jpg`, { points: pointsFrom(n) }));
    for await (const _ of writeLandmarks(out)(streamOf(records))) break;
    async function* failing() {
      yield* records;
      await Promise.reject(new Error("source failed"));
    }
    await assert.rejects(Array.fromAsync(writeLandmarks(out)(failing())), /source failed/);
    assert.deepEqual(await filesIn(folder), []);
  });
});

/** The text of a landmarks file with the given rows; `order` tells the columns of x_0, y_0, … */
function fileText(rows: string[][]): string {
  const names = ["x", "y"].flatMap((axis) => Array.from({ length: 68 }, (_, i) => `${axis}_${i}`));
  return [["image_name", ...names], ...rows].map((row) => row.join(",")).join("\r\n");
}

const NUMBERS = Array.from({ length: 136 }, (_, i) => String(i));

Deno.test("readLandmarks() reads integers and decimals, and columns in any order", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await Deno.writeTextFile(
      path,
      fileText([["1.jpg", ...NUMBERS], ["2.jpg", "-1.5", ...NUMBERS.slice(1)]]),
    );
    const [first, second] = await Array.fromAsync(readLandmarks(path));
    assert.deepEqual([...first!.points.slice(0, 4)], [0, 68, 1, 69]);
    assert.equal(second!.points[0], -1.5);
    const pairs = NUMBERS.map((_, i) => `${"xy"[i % 2]}_${Math.floor(i / 2)}`);
    await Deno.writeTextFile(path, `image_id,${pairs}\n1.jpg,${NUMBERS}\n`);
    const [row] = await Array.fromAsync(readLandmarks(path));
    assert.deepEqual([...row!.points], NUMBERS.map(Number));
  });
});

Deno.test("readLandmarks() refuses a wrong file, naming file and line", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const good = ["1.jpg", ...NUMBERS];
    const cases: [text: string, message: string][] = [
      [
        fileText([good, ["2.jpg", ...NUMBERS.slice(2)]]),
        `Cannot read landmarks: 68 points (137 columns) are needed, ${path}:3 has 135`,
      ],
      [
        "image_name,x_0\n",
        `Cannot read landmarks: 68 points (137 columns) are needed, ${path}:1 has 2`,
      ],
      ["", `Cannot read landmarks: ${path}:1 has no header`],
      [
        fileText([good]).replace("y_3,", "z_3,"),
        `Cannot read landmarks: the header, ${path}:1, has no column y_3`,
      ],
      [
        fileText([good, good]),
        `Cannot read landmarks: ${path}:3 repeats 1.jpg, which line 2 has already`,
      ],
      ...["", "NaN", "Infinity", "12px"].map((bad): [string, string] => [
        fileText([["1.jpg", "0", bad, ...NUMBERS.slice(2)]]),
        `Cannot read landmarks: "${bad}" in column 3 of ${path}:2 is no number`,
      ]),
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(Array.fromAsync(readLandmarks(path)), { name: "SyntaxError", message });
    }
    await assert.rejects(Array.fromAsync(readLandmarks(path + "x")), Deno.errors.NotFound);
  });
});

Deno.test("joinLandmarks() adds points by image name and rejects records without a row", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const rows = [3, 1].map((n) => recordOf(`${n}.jpg`, { points: pointsFrom(n) }));
    await run(writeLandmarks(path), rows);
    const early = recordOf("9.jpg", { rejected: "earlier" });
    const records = await run(joinLandmarks(path), [
      recordOf("1.jpg"),
      recordOf("2.jpg"),
      recordOf("3.jpg", { points: pointsFrom(77) }),
      early,
    ]);
    assert.deepEqual(records.map(({ rejected }) => rejected), [
      null,
      `no landmarks in ${path}`,
      null,
      "earlier",
    ]);
    assert.deepEqual(records[0]!.points, pointsFrom(1));
    assert.deepEqual(records[2]!.points, pointsFrom(3));
    assert.deepEqual(records[3], early);
  });
});

Deno.test("scoreLandmarks() gives the figures that were worked out by hand", async () => {
  // Outer corners of the eyes are 9 apart in x and 9 in y in these points.
  const eyes = Math.hypot(9, 9);
  const truth = [1, 2, 3, 4].map((n) => ({ image: `${n}.jpg`, points: pointsFrom(n) }));
  const shifted = (n: number, by: number) => ({
    image: `${n}.jpg`,
    points: pointsFrom(n).map((value, i) => i % 2 === 0 ? value + by : value),
  });
  const stranger = { image: "x.jpg", points: pointsFrom(0) };
  const score = await scoreLandmarks(
    [shifted(1, 0.5), shifted(2, 2), shifted(4, 0), stranger],
    truth,
  );
  assert.deepEqual([score.faces, score.missed], [4, 1]);
  assert.deepEqual(score.errors.map(({ image }) => image), ["2.jpg", "1.jpg", "4.jpg"]);
  const near = (got: number, expected: number) =>
    assert.ok(Math.abs(got - expected) < 1e-6, `got ${got}, expected ${expected}`);
  near(score.mean, (0.5 + 2) / eyes / 3);
  near(score.median, 0.5 / eyes);
  near(score.failureRate, 1 / 3);
  const even = await scoreLandmarks([shifted(1, 1), shifted(2, 2)], truth);
  near(even.median, 1.5 / eyes);
  const none = await scoreLandmarks([], truth);
  assert.deepEqual([none.missed, none.mean, none.median, none.failureRate], [4, NaN, NaN, NaN]);
  const flat = [{ image: "1.jpg", points: new Float32Array(136) }];
  await assert.rejects(scoreLandmarks(flat, flat), {
    message: "Cannot score 1.jpg: the true eyes coincide",
  });
});
