/**
 * Interrupted work on landmarks: in this process with its file cut anywhere, and as a user meets it,
 * in processes that are killed.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exists, openExclusive } from "../../../pipeline/files/write_file.ts";
import { writeLandmarks } from "../../../pipeline/landmarks.ts";
import {
  type JournalOptions,
  type LandmarkSettings,
  openJournal,
  unfinishedPath,
} from "../../../pipeline/landmarks/files/landmark_journal.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { filesOf, inFolder, recordOf, streamOf } from "../../fixtures/face_records.ts";
import { ROOT, taskCommand } from "../../processes/task_command.ts";

const SAMPLE = join(ROOT, "data", "sample");
const SETTINGS = { images: "/nowhere", detector: "tiny" };

/** `0.jpg` to `(count − 1).jpg`, one of them with a name that needs quotes and two-byte letters. */
function imagesOf(count: number): FaceRecord[] {
  const names = Array.from({ length: count }, (_, i) => i === 3 ? 'ö,"3".jpg' : `${i}.jpg`);
  return names.map((name) => recordOf(name));
}

/** Finds points made from the number in the name; every third image is rejected. Tells whom it found. */
function finder(found: string[] = []) {
  return async function* (source: AsyncIterable<FaceRecord>): AsyncGenerator<FaceRecord> {
    for await (const record of source) {
      if (record.rejected !== null || record.points !== null) {
        yield record;
        continue;
      }
      found.push(record.image);
      const n = Number(record.image.match(/\d+/)![0]);
      const points = Float32Array.from(
        { length: 136 },
        (_, i) => Math.round(n * 731 + i * i) / 100,
      );
      const box = { x: n / 100, y: 2, width: 3.46, height: 4 };
      if (n % 3 === 2) yield { ...record, size: [n + 1, 9], rejected: "no face found" };
      else yield { ...record, size: [n + 1, 9], box, points };
    }
  };
}

interface Outcome {
  readonly records: FaceRecord[];
  readonly notice: string | null;
  readonly resumed: number;
  /** Images for which a face was looked for. */
  readonly found: string[];
}

/** Works on `out`; stops with `stopAfter` records. */
async function work(
  out: string,
  images: readonly FaceRecord[],
  { stopAfter = Infinity, settings = SETTINGS, ...options }: JournalOptions & {
    readonly stopAfter?: number;
    readonly settings?: LandmarkSettings;
  } = {},
): Promise<Outcome> {
  await using journal = await openJournal(out, settings, options);
  const { notice, resumed } = journal;
  const found: string[] = [];
  const records: FaceRecord[] = [];
  for await (const record of journal.write(finder(found)(journal.resume(streamOf(images))))) {
    records.push(record);
    if (records.length === stopAfter) break;
  }
  return { records, notice, resumed, found };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** What an uninterrupted run writes, and the records that come out of it. */
async function wanted(folder: string, images: readonly FaceRecord[]) {
  const out = join(folder, "wanted.csv");
  const records = await Array.fromAsync(writeLandmarks(out)(finder()(streamOf(images))));
  return { records, files: await filesOf(out) };
}

Deno.test("openJournal() goes on where the work stopped, and ends with the same files", () =>
  inFolder(async (folder) => {
    const images = imagesOf(12);
    const { records, files } = await wanted(folder, images);
    const out = join(folder, "sub", "faces.csv");
    const first = await work(out, images, { stopAfter: 5 });
    assert.deepEqual([first.resumed, first.found.length], [0, 5]);
    assert.deepEqual(await namesIn(join(folder, "sub")), ["faces.unfinished.ndjson"]);
    const second = await work(out, images, { stopAfter: 7 });
    assert.deepEqual([second.resumed, second.found], [5, ["5.jpg", "6.jpg"]]);
    const third = await work(out, images);
    assert.deepEqual([third.resumed, third.found.length, third.notice], [7, 5, null]);
    assert.deepEqual(third.records, records);
    assert.deepEqual(await filesOf(out), files);
    assert.deepEqual(await namesIn(join(folder, "sub")), ["faces.csv", "faces.rejected.ndjson"]);
    const again = await work(out, images);
    assert.deepEqual([again.resumed, again.found.length], [0, 12]);
    assert.deepEqual(await filesOf(out), files);
  }));

Deno.test("openJournal() goes on from a file that was cut anywhere", () =>
  inFolder(async (folder) => {
    const images = imagesOf(8);
    const { records, files } = await wanted(folder, images);
    const out = join(folder, "faces.csv");
    await work(out, images, { stopAfter: 7 });
    const whole = await Deno.readFile(unfinishedPath(out));
    const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
    const cuts = new Set([...ends.flatMap((end) => [end - 1, end, end + 1]), 0, 1]);
    for (let at = 97; at < whole.length; at += 97) cuts.add(at);
    for (const cut of cuts) {
      // A machine that loses its power may leave zeros where the last line was.
      const left = new Uint8Array(cut + (cut % 2) * 5);
      left.set(whole.subarray(0, cut));
      await Deno.writeFile(unfinishedPath(out), left);
      const done = Math.max(0, ends.filter((end) => end <= cut).length - 1);
      const outcome = await work(out, images);
      assert.deepEqual([outcome.resumed, outcome.notice], [done, null], `cut at ${cut}`);
      assert.equal(outcome.found.length, images.length - done);
      assert.deepEqual(outcome.records, records);
      assert.deepEqual(await filesOf(out), files);
    }
  }));

Deno.test("openJournal() starts anew with other settings, and says which", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const path = unfinishedPath(out);
    const images = imagesOf(4);
    const settings = { ...SETTINGS, shard: "1/2", labels: undefined };
    await work(out, images, { stopAfter: 2, settings });
    const same = { shard: "1/2", detector: "tiny", images: "/nowhere" };
    assert.equal((await work(out, images, { stopAfter: 3, settings: same })).resumed, 2);
    const other = { images: "/nowhere", detector: "auto", boxes: "b.csv" };
    const { notice, resumed, found } = await work(out, images, { stopAfter: 2, settings: other });
    assert.equal(
      notice,
      `Unfinished work in ${path} had other settings (detector tiny, now auto; ` +
        "shard 1/2, now none; boxes none, now b.csv): the work starts anew",
    );
    assert.deepEqual([resumed, found.length], [0, 2]);
    assert.equal((await work(out, images, { settings: other })).resumed, 2);
  }));

Deno.test("openJournal() leaves out what is damaged, and says so", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const path = unfinishedPath(out);
    const images = imagesOf(6);
    const { files } = await wanted(folder, images);
    await work(out, images, { stopAfter: 5 });
    const lines = (await Deno.readTextFile(path)).split("\n");
    const anew = `${path} is damaged, or of another version: the work starts anew`;
    const after = (line: number) =>
      `${path} is damaged after line ${line}: what follows is done again`;
    const cases: [line: number, text: string, resumed: number, notice: string][] = [
      [0, "\0".repeat(100), 0, anew],
      [0, "null", 0, anew],
      [0, lines[0]!.replace("landmarks@1", "landmarks@0"), 0, anew],
      [3, lines[3]!.slice(1), 2, after(3)],
      [4, lines[4]!.replace('"points":[', '"points":[1,'), 3, after(4)],
      [3, "x".repeat(2 ** 20 + 1), 2, after(3)],
    ];
    for (const [line, text, resumed, notice] of cases) {
      await Deno.writeTextFile(path, lines.with(line, text).join("\n"));
      const outcome = await work(out, images);
      assert.deepEqual([outcome.resumed, outcome.notice], [resumed, notice]);
      assert.deepEqual(await filesOf(out), files);
    }
  }));

Deno.test("openJournal() starts anew if it is told to", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    await work(out, imagesOf(4), { stopAfter: 3 });
    const { notice, resumed } = await work(out, imagesOf(4), { stopAfter: 1, restart: true });
    assert.deepEqual([notice, resumed], [null, 0]);
    assert.equal((await work(out, imagesOf(4), { stopAfter: 2 })).resumed, 1);
  }));

Deno.test("openJournal() fits images that have come, gone and moved since", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    await work(out, imagesOf(8), { stopAfter: 6 });
    const images = [recordOf("90.jpg"), ...imagesOf(9).reverse().filter((_, i) => i !== 5)];
    const { files, records } = await wanted(folder, images);
    const outcome = await work(out, images);
    assert.deepEqual(outcome.found, ["90.jpg", "8.jpg", "7.jpg", "6.jpg"]);
    assert.deepEqual(outcome.records, records);
    assert.deepEqual(await filesOf(out), files);
  }));

Deno.test("openJournal() keeps only what was looked for", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const points = new Float32Array(136).fill(1.23456);
    const images = [
      recordOf("1.jpg", { points }),
      recordOf("2.jpg", { rejected: "not wanted" }),
      ...imagesOf(2),
    ];
    await work(out, images, { stopAfter: 3 });
    const { records, resumed } = await work(out, images);
    assert.equal(resumed, 1);
    assert.deepEqual(records.slice(0, 2), images.slice(0, 2));
    await assert.rejects(work(out, [recordOf("a\n1.jpg"), recordOf("x.jpg")]), TypeError);
    assert.equal((await work(out, [recordOf("a\n1.jpg")])).resumed, 0);
  }));

Deno.test("openJournal() refuses a file that is being worked on, until its work ends", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const journal = await openJournal(out, SETTINGS);
    await assert.rejects(openJournal(out, SETTINGS, { restart: true }), {
      name: "Busy",
      message: `Cannot write ${out}: another process works on it (holds ${unfinishedPath(out)})`,
    });
    await journal[Symbol.asyncDispose]();
    await journal[Symbol.asyncDispose]();
    assert.deepEqual(await namesIn(folder), [], "nothing was done, so nothing is left");
    await work(out, imagesOf(3));
    await Deno.mkdir(join(folder, "a.csv"));
    await assert.rejects(openJournal(join(folder, "a.csv"), SETTINGS), Deno.errors.IsADirectory);
  }));

Deno.test("openJournal() keeps what was found before its source failed", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    async function* failing() {
      yield* imagesOf(3);
      await Promise.reject(new Error("source failed"));
    }
    const run = async () => {
      await using journal = await openJournal(out, SETTINGS);
      await Array.fromAsync(journal.write(finder()(journal.resume(failing()))));
    };
    await assert.rejects(run(), { message: "source failed" });
    assert.equal((await work(out, imagesOf(3))).resumed, 3);
    const signal = AbortSignal.abort(new Error("interrupted"));
    await work(out, imagesOf(3), { stopAfter: 1 });
    await assert.rejects(work(out, [], { signal }), { message: "interrupted" });
    assert.equal((await work(out, imagesOf(3))).resumed, 1);
  }));

/** A run in a process of its own: 60 images that take 4 ms each, the points being the number's. */
const SLOW_RUN = `
  import { openJournal } from ${JSON.stringify(journalModule())};
  await using journal = await openJournal(Deno.args[0], {});
  const record = { path: "p", split: null, labels: null, size: null, box: null, rejected: null };
  async function* images() {
    for (let i = 0; i < 60; i++) yield { ...record, image: i + ".jpg", points: null };
  }
  async function* find(source) {
    for await (const record of source) {
      if (record.points !== null || record.rejected !== null) { yield record; continue; }
      await new Promise((resolve) => setTimeout(resolve, 4));
      const n = parseInt(record.image);
      if (n % 5 === 0) yield { ...record, rejected: "no face found" };
      else yield { ...record, points: new Float32Array(136).fill(n / 8) };
    }
  }
  let seen = 0;
  for await (const _ of journal.write(find(journal.resume(images())))) seen++;
  console.log(journal.resumed + " of " + seen);
`;

function journalModule(): string {
  return new URL("../../../pipeline/landmarks/files/landmark_journal.ts", import.meta.url).href;
}

async function startSlowRun(out: string): Promise<Deno.ChildProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-read", "--allow-write", "-", out],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const script = process.stdin.getWriter();
  await script.write(new TextEncoder().encode(SLOW_RUN));
  await script.close();
  return process;
}

Deno.test("a process that is killed again and again ends with the same files", () =>
  inFolder(async (folder) => {
    const [wanted, out] = [join(folder, "wanted.csv"), join(folder, "faces.csv")];
    const whole = await (await startSlowRun(wanted)).output();
    assert.equal(new TextDecoder().decode(whole.stdout), "0 of 60\n");
    let kills = 0;
    let last = "";
    for (let wait = 150; last === ""; wait += 23) {
      const process = await startSlowRun(out);
      const timer = setTimeout(() => process.kill("SIGKILL"), wait);
      last = new TextDecoder().decode((await process.output()).stdout);
      clearTimeout(timer);
      if (last === "") kills++;
    }
    const resumed = Number(last.split(" ")[0]);
    assert(kills > 0 && resumed > 0, `${kills} kills, then ${last}`);
    assert.deepEqual(await filesOf(out), await filesOf(wanted));
    assert.equal(await exists(unfinishedPath(out)), false);
  }));

/** Waits for the end; returns the exit code and what was written for a person. */
async function end(process: Deno.ChildProcess): Promise<{ code: number; err: string }> {
  const { code, stderr } = await process.output();
  return { code, err: new TextDecoder().decode(stderr) };
}

async function sizeOf(path: string): Promise<number> {
  return await exists(path) ? (await Deno.stat(path)).size : 0;
}

/** Sends the signal as soon as the process has kept more than was there before. */
async function stopWhenGrown(
  process: Deno.ChildProcess,
  path: string,
  signal: Deno.Signal,
): Promise<{ code: number; err: string }> {
  const before = Math.max(300, await sizeOf(path));
  const ended = end(process);
  let isRunning = true;
  ended.then(() => isRunning = false);
  while (isRunning && await sizeOf(path) <= before) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert(isRunning, "the process ended by itself");
  process.kill(signal);
  return await ended;
}

/** The first images of the sample, and in their midst a file that is none. */
async function copyImages(to: string, count: number): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (let i = 1; i <= count; i++) {
    const name = `${String(i).padStart(6, "0")}.jpg`;
    if (i === 3) await Deno.writeTextFile(join(to, name), "no image");
    else await Deno.copyFile(join(SAMPLE, "Img", "img_align_celeba", name), join(to, name));
  }
}

/** A data set of the images in `root`/images, for `pipeline`. */
async function addLabels(root: string, count: number): Promise<void> {
  const table = join(SAMPLE, "Anno", "list_attr_celeba.txt");
  const [, names = "", ...rows] = (await Deno.readTextFile(table)).split("\n");
  const text = [count, names, ...rows.slice(0, count)].join("\n") + "\n";
  await Deno.writeTextFile(join(root, "list_attr_celeba.txt"), text);
}

/** Images of the data set: enough for a process to be stopped twice before it is done. */
const COUNT = 24;
const DONE_BEFORE = /^\d+ of 24 images were done before$/m;

Deno.test("interrupted commands go on where they stopped", (t) =>
  inFolder(async (folder) => {
    const [images, wanted, out] = ["images", "wanted.csv", "faces.csv"]
      .map((name) => join(folder, name)) as [string, string, string];
    await copyImages(images, COUNT);
    await addLabels(folder, COUNT);
    const detector = ["--detector", "tiny"];
    const run = (...args: string[]) =>
      taskCommand("landmarks", ["--images", images, ...detector, ...args]).spawn();
    const whole = await end(run("--out", wanted));
    assert.equal(whole.code, 0, whole.err);
    assert(!whole.err.includes("done before"), whole.err);
    const [unfinished, left] = [unfinishedPath(out), join(folder, "left.ndjson")];
    const isFinished = async () => {
      assert.deepEqual(await filesOf(out), await filesOf(wanted));
      assert.equal(await exists(unfinished), false);
    };

    await t.step("landmarks, after kill -9 and Ctrl-C, and refuses company", async () => {
      const killed = await stopWhenGrown(run("--out", out), unfinished, "SIGKILL");
      assert(killed.code > 128, killed.err);
      await Deno.copyFile(unfinished, left);
      const interrupted = await stopWhenGrown(run("--out", out), unfinished, "SIGINT");
      assert.equal(interrupted.code, 130, interrupted.err);
      assert.match(interrupted.err, DONE_BEFORE);
      assert.match(interrupted.err, /Interrupted. The same command goes on where it stopped.\n$/);
      const held = await openExclusive(unfinished);
      const company = await end(run("--out", out));
      held!.close();
      assert.equal(company.code, 1, company.err);
      assert.match(company.err, /^Error: Cannot write .*faces.csv: another process works on it/m);
      const { code, err } = await end(run("--out", out));
      assert.equal(code, 0, err);
      assert.match(err, /^23 of 24 faces found/m);
      await isFinished();
    });

    await t.step("but start anew with --restart and with other settings", async () => {
      await Deno.copyFile(left, unfinished);
      const restarted = await end(run("--out", out, "--restart"));
      assert(!restarted.err.includes("done before"), restarted.err);
      await isFinished();
      await Deno.copyFile(left, unfinished);
      const { err } = await end(run("--out", out, "--shard", "1/1"));
      assert.match(err, /had other settings \(shard none, now 1\/1\): the work starts anew$/m);
      await isFinished();
    });

    await t.step("pipeline --resume", async () => {
      const found = join(folder, "run", "landmarks.csv");
      const all = ["--dataset", folder, ...detector, "--backend", "wasm"];
      const args = [...all, "--out", join(folder, "run")];
      await stopWhenGrown(taskCommand("pipeline", args).spawn(), unfinishedPath(found), "SIGKILL");
      const process = taskCommand("pipeline", [...args, "--resume"]).spawn();
      const ended = end(process);
      while (!await exists(found)) await new Promise((next) => setTimeout(next, 5));
      process.kill("SIGKILL"); // What follows the landmarks is no part of this.
      assert.match((await ended).err, DONE_BEFORE);
      assert.deepEqual(await filesOf(found), await filesOf(wanted));
    });
  }));
