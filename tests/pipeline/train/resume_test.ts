import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { labelsOf, namesOf } from "../../../pipeline/face/attributes.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import type { TrainOptions } from "../../../pipeline/train.ts";
import { readCheckpoint } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { hasBegun, RunFolder } from "../../../pipeline/train/files/run_folder.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { KILLED_CONFIG, killedRun, trainOn } from "../../processes/killed_run.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const last = (run: string) => join(run, "checkpoints", "last.safetensors");
const previous = (run: string) => join(run, "checkpoints", "previous.safetensors");

/** The whole lines of a log, without what only the clock decides. */
async function linesOf(run: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(join(run, "log.ndjson")).catch(() => "");
  return text.split("\n").slice(0, -1).map((line) => {
    const { seconds: _, imagesPerSecond: __, waitShare: ___, ...rest } = JSON.parse(line);
    return rest;
  });
}

/** Everything that a finished run holds but times: two such runs are equal if all bits are. */
async function contentOf(run: string, leaveFaces = false) {
  const names = Array.from(Deno.readDirSync(join(run, "checkpoints")), ({ name }) => name).sort();
  const checkpoints = await Promise.all(names.map(async (name) => {
    const { tensors, metadata } = await readCheckpoint(join(run, "checkpoints", name));
    const { sums: { seconds: _, waited: __, ...sums }, ...standing } = metadata;
    return { name, tensors, standing, sums };
  }));
  const model = await Deno.readFile(join(run, "model", "weights.bin"));
  const log = await linesOf(run);
  return { checkpoints, model, log: log.filter(({ type }) => !leaveFaces || type !== "faces") };
}

Deno.test("train() killed at random moments ends with the bits of a run that was not", () =>
  inFolder(async (folder) => {
    const [whole, run] = [join(folder, "whole"), join(folder, "run")];
    const seed = 11;
    const random = new Random(seed);
    await trainOn(whole);
    for (let kills = 0; kills < 3; kills++) {
      const until = (await linesOf(run)).length + 1 + random.integer(8);
      await using process = killedRun(run).spawn();
      const err = new Response(process.stderr).text();
      let isOver = false;
      process.status.then(() => isOver = true);
      while (!isOver && (await linesOf(run)).length < until) await setTimeout(5);
      await setTimeout(random.integer(40));
      if (isOver) assert.fail(`it ended before it was killed, seed ${seed}: ${await err}`);
      process.kill("SIGKILL");
      await process.status;
    }
    const { success, stderr } = await killedRun(run).output();
    assert(success, new TextDecoder().decode(stderr));
    assert.deepEqual(await contentOf(run), await contentOf(whole), `seed ${seed}`);
  }));

/** Trains until `stop` aborts, then to the end; the lines that were told the user when it went on. */
async function trainTwice(
  run: string,
  stop: (done: number, abort: () => void) => void,
  options: Partial<TrainOptions>,
  on: "webgpu" | "wasm" = "wasm",
): Promise<void> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const onProgress = (done: number) => stop(done, () => interruption.abort());
  await assert.rejects(trainOn(run, { ...options, signal, onProgress }, on), {
    name: "AbortError",
  });
  let before = 0;
  let first: number | null = null;
  await trainOn(
    run,
    {
      ...options,
      onStart: (done) => void (before = done),
      onProgress: (done) => void (first ??= done),
    },
    on,
  );
  // What was done before says nothing about how fast it goes on.
  assert(before > 0 && first! > before && first! <= before + 6, `${before}, then ${first}`);
}

for (const on of ["wasm", "webgpu"] as const) {
  Deno.test({
    name: `train() stopped in each phase ends as if it had not been on ${on}`,
    ignore: on === "webgpu" && !hasGpu,
    fn: () =>
      inFolder(async (folder) => {
        // Steps of two batches, the last of an epoch of one.
        const config = smallConfig({ ...KILLED_CONFIG, epochs: 2, batch: 6, accumulate: 2 });
        // Checkpoints after epochs, and when it is stopped.
        const options = { config: { ...config, checkpointMinutes: 10 } };
        const whole = join(folder, "whole");
        await trainOn(whole, options, on);
        const expected = await contentOf(whole);
        const stops = {
          atOnce: (_: number, abort: () => void) => abort(),
          withinAStep: (done: number, abort: () => void) => done === 22 && abort(),
          afterTheLastStep: (done: number, abort: () => void) => done === 16 && abort(),
          inValidation: async (done: number, abort: () => void) => {
            if (done !== 16) return;
            while ((await linesOf(join(folder, "inValidation"))).length < 2) await setTimeout(0);
            abort();
          },
        };
        for (const [name, stop] of Object.entries(stops)) {
          const run = join(folder, name);
          await trainTwice(run, stop, options, on);
          const { checkpoints, ...rest } = await contentOf(run);
          // The one before the last is of another moment.
          const kept = (all: typeof checkpoints) => all.filter(({ name }) => !/^prev/.test(name));
          assert.deepEqual(kept(checkpoints), kept(expected.checkpoints), name);
          assert.deepEqual(rest, { model: expected.model, log: expected.log }, name);
        }
      }),
  });
}

Deno.test("train() stopped while it reads its images leaves nothing in the way", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const interruption = new AbortController();
    async function* records(): AsyncGenerator<FaceRecord> {
      for await (const record of someFaces()) {
        yield record;
        interruption.abort();
      }
    }
    const { signal } = interruption;
    await assert.rejects(trainOn(run, { records: records(), signal }), { name: "AbortError" });
    await trainOn(run, { config: smallConfig({ epochs: 1 }) });
  }));

/** A run of two epochs, with what comes of it when it goes on for one more. */
async function twoEpochs(folder: string): Promise<{ run: string; expected: unknown }> {
  const [run, whole] = [join(folder, "run"), join(folder, "whole")];
  const config = smallConfig({ epochs: 2 });
  await trainOn(run, { config });
  await trainOn(whole, { config: { ...config, epochs: 3 } });
  return { run, expected: await contentOf(whole) };
}

async function goOn(run: string, options: Partial<TrainOptions> = {}): Promise<string[]> {
  const told: string[] = [];
  const config = smallConfig({ epochs: 3 });
  await trainOn(run, { config, log: (line) => told.push(line), ...options });
  return told;
}

/** The checkpoints that are kept of epochs. */
async function copiesIn(run: string): Promise<string[]> {
  const folder = join(run, "checkpoints");
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.filter((name) => /^epoch-/.test(name)).map((name) => join(folder, name));
}

Deno.test("train() goes on from the newest checkpoint that is whole, and says what is lost", () =>
  inFolder(async (folder) => {
    const [run, whole] = [join(folder, "run"), join(folder, "whole")];
    const config = smallConfig({ epochs: 4, keepBest: 4, checkpointMinutes: 1e-9 });
    await trainOn(whole, { config: { ...config, epochs: 5 } });
    const copy = (epoch: number) => join(run, "checkpoints", `epoch-${epoch}.safetensors`);
    const damage = (path: string) => Deno.writeTextFile(path, "damaged");
    const resume = () => goOn(run, { config: { ...config, epochs: 5 } });
    await trainOn(run, { config });
    assert.deepEqual((await copiesIn(run)).length, 4);
    // After the fourth epoch of three steps each. The one before it is of its last step but one.
    const damages: [string[], RegExp][] = [
      [
        [last(run)],
        /goes on from epoch-4\.safetensors, after step 12 in epoch 5: nothing is lost$/,
      ],
      [
        [copy(4)],
        /from previous\.safetensors, after step 12 in epoch 4: nothing is lost$/,
      ],
      [[previous(run)], /from epoch-3\.safetensors, after step 9 in epoch 4: the 3 steps after it/],
      [[copy(3), copy(2)], /from epoch-1\.safetensors, after step 3 in epoch 2: the 9 steps after/],
    ];
    const saved = join(folder, "saved");
    for (const [paths, message] of damages) {
      for (const path of paths) await damage(path);
      await copyFolder(run, saved);
      const [line, ...more] = await resume();
      assert.match(line!, message);
      assert.deepEqual(more, []);
      assert(isDeepStrictEqual((await contentOf(run)).model, (await contentOf(whole)).model));
      await Deno.remove(run, { recursive: true });
      await Deno.rename(saved, run);
    }
    for (const path of [last(run), previous(run), copy(2), copy(3), copy(4)]) {
      await Deno.remove(path);
    }
    const [line] = await resume();
    assert.match(
      line!,
      /^There is no last\.safetensors; the run goes on from epoch-1\.safetensors/,
    );
  }));

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

Deno.test("train() goes on from another checkpoint than a damaged one", () =>
  inFolder(async (folder) => {
    const { run: begun, expected } = await twoEpochs(folder);
    const bytes = await Deno.readFile(last(begun));
    // A bit of the data, of the header, of the checksum; the end; all of it; and a file of nothing.
    const damages = [bytes.length - 9, 300, 40].map((at) => {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      return damaged;
    });
    damages.push(bytes.slice(0, -4), bytes.slice(0, 100), new Uint8Array());
    const run = join(folder, "again");
    const again = async () => {
      await Deno.remove(run, { recursive: true }).catch(() => {});
      await copyFolder(begun, run);
    };
    const isWhole = async () => assert(isDeepStrictEqual(await contentOf(run), expected));
    for (const damaged of damages) {
      await again();
      await Deno.writeFile(last(run), damaged);
      const [line, ...more] = await goOn(run);
      assert.match(
        line!,
        /^Cannot read checkpoint .*last\.safetensors: .*; the run goes on from [\w-]+\.safetensors, after/,
      );
      assert.deepEqual(more, []);
      await isWhole();
    }
    await again();
    for (const path of [last(run), previous(run), ...await copiesIn(run)]) {
      await Deno.writeFile(path, damages[0]!);
    }
    await assert.rejects(
      goOn(run),
      /last\.safetensors: it does not match its checksum, and no other one is whole/,
    );
    await again();
    await Deno.remove(last(run));
    // Killed between two renames.
    assert.deepEqual(await goOn(run), []);
    await isWhole();
  }));

Deno.test({
  name: "train() that cannot write a checkpoint says so, and goes on when there is room",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [run, whole] = [join(folder, "run"), join(folder, "whole")];
      await trainOn(whole);
      await trainOn(run, { config: { ...KILLED_CONFIG, epochs: 1 } });
      const before = await Deno.readFile(last(run));
      // Files of up to 1.5 MB: the model has less, a checkpoint has more.
      const limit = 'trap "" XFSZ; ulimit -f 3000; exec "$0" "$@"';
      const { success, stderr } = await killedRun(run, ["sh", "-c", limit]).output();
      assert(!success);
      assert.match(
        new TextDecoder().decode(stderr),
        /Cannot write a checkpoint to .*checkpoints: .*\(os error 27\).* before it are whole: --resume/,
      );
      assert.deepEqual(await Deno.readFile(last(run)), before);
      await trainOn(run);
      assert.deepEqual(await contentOf(run), await contentOf(whole));
    }),
});

Deno.test({
  name: "train() says before any work that a folder cannot be written to",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    inFolder(async (folder) => {
      await Deno.chmod(folder, 0o500);
      const none = ReadableStream.from([]) as AsyncIterable<FaceRecord>;
      await assert.rejects(
        trainOn(join(folder, "run"), { records: none }),
        /Cannot write to the run folder .*run: Permission denied/,
      );
      await Deno.chmod(folder, 0o700);
    }),
});

Deno.test("train() clears away what a killed process did not come to", () =>
  inFolder(async (folder) => {
    const [run, whole] = [join(folder, "run"), join(folder, "whole")];
    for (const out of [run, whole]) await trainOn(out, { config: smallConfig({ epochs: 2 }) });
    // Killed after its last checkpoint, and within an earlier one that a resume did not write again.
    const kept = Array.from(Deno.readDirSync(join(run, "checkpoints")), ({ name }) => name);
    const old = ["epoch-1.safetensors", "epoch-2.safetensors"].find((name) => !kept.includes(name));
    for (const left of [old!, "last.safetensors.partial"]) {
      await Deno.copyFile(last(run), join(run, "checkpoints", left));
    }
    await trainOn(run, { config: smallConfig({ epochs: 2 }) });
    assert.deepEqual(await contentOf(run), await contentOf(whole));
  }));

Deno.test("hasBegun() tells a run that can go on from one that a process was killed before", () =>
  inFolder(async (run) => {
    const holds = async (...names: string[]) => {
      for (const name of names) await Deno.writeTextFile(join(run, name), "");
      return await hasBegun(run, ["landmarks.csv"]).finally(async () => {
        for (const name of names) await Deno.remove(join(run, name));
      });
    };
    assert.equal(await hasBegun(join(run, "missing")), false);
    assert.equal(await holds(), false);
    assert.equal(await holds("train.lock", "config.json.partial"), false);
    assert.equal(await holds("landmarks.csv.partial"), false);
    assert.equal(await holds("config.json", "holiday.jpg"), true);
    // What is left of a run that was being replaced, and somebody's own folder.
    assert.equal(await holds("train.lock", "checkpoints", "metrics.json"), false);
    await assert.rejects(holds("checkpoints", "metrics.json"), /no run was started there/);
    await assert.rejects(holds("train.lock", "holiday.jpg"), /no run was started there/);
  }));

Deno.test("train() keeps a second process out of its folder", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const config = smallConfig({ epochs: 1 });
    const refused: Promise<void>[] = [];
    await trainOn(run, {
      config,
      onStart: () => {
        for (const way of [{ resume: true }, { force: true }]) {
          refused.push(assert.rejects(RunFolder.open(run, way), /another process does \(holds/));
        }
      },
    });
    await Promise.all(refused);
    assert.equal(refused.length, 2);
    await trainOn(run, { config });
  }));

Deno.test("train() refuses to go on with other faces, and says what differs", () =>
  inFolder(async (folder) => {
    const { run } = await twoEpochs(folder);
    const refuses = async (change: (record: FaceRecord) => FaceRecord, message: RegExp) => {
      async function* records() {
        for await (const record of someFaces()) yield change(record);
      }
      await assert.rejects(goOn(run, { records: records() }), message);
    };
    await assert.rejects(
      goOn(run, { records: someFaces(12) }),
      /missing, 16\.7 %.*20 of 24 faces; left out: 4, it is in the data set no more/,
    );
    await refuses(
      (record) => ({ ...record, image: `x${record.image}` }),
      /no faces to train on.*: 24, it is in the data set no more/,
    );
    const bald = ({ labels, ...record }: FaceRecord) => (
      { ...record, labels: labelsOf(["Bald", ...namesOf(labels ?? 0)]) }
    );
    await refuses(bald, /with other labels of \d+ of its 24 faces, such as 0/);
    const moved = ({ points, ...record }: FaceRecord) => (
      { ...record, points: points && points.map((value) => value + 1) }
    );
    await refuses(moved, /with other landmarks of 24 of its 24 faces, such as 0/);
  }));

Deno.test("train() goes on with the faces that it began with, whatever the data set has become", () =>
  inFolder(async (folder) => {
    const [run, whole] = [join(folder, "run"), join(folder, "whole")];
    const config = smallConfig({ epochs: 3, allowMissing: 0.2, keepBest: 0 });
    const two = { ...config, epochs: 2 };
    // The fourth face cannot be read when the run begins, as on a network's disk.
    const nowhere = ({ image, ...record }: FaceRecord) => ({
      ...{ ...record, image },
      ...image === fourth && { path: join(folder, "nowhere.jpg") },
    });
    const fourth = (await Array.fromAsync(someFaces()))[3]!.image;
    const asBegun = () => mapped(nowhere);
    for (const out of [whole, run]) await trainOn(out, { config: two, records: asBegun() });
    await trainOn(whole, { config, records: asBegun() });
    const list = await Deno.readTextFile(join(run, "faces.csv"));
    assert.match(
      list,
      /^image_name,split,labels,landmarks,image\n0\d+\.jpg,train,[\da-f]{10},[\da-f]{8},[\da-f]{16}\n/,
    );
    assert.equal(list.trimEnd().split("\n").length, 24);
    assert(!list.includes(fourth));
    const before = await copyOf(run, folder);
    // The file is back, there are others besides, and the data set has another order and other splits.
    async function* later() {
      const faces = (await Array.fromAsync(someFaces(18))).reverse();
      for (const face of faces) {
        yield face.split === "test" ? face : { ...face, split: "train" as const };
      }
    }
    const counts = (await trainOn(run, { config, records: later() })).counts;
    assert.deepEqual(await contentOf(run, true), await contentOf(whole, true));
    assert.equal(counts[0]!.used, 23);
    const [fresh] = counts[1]!.leftOut;
    assert.deepEqual([fresh!.reason, fresh!.faces], ["the run began without it", 3]);
    assert.equal(await Deno.readTextFile(join(run, "faces.csv")), list);

    // What is missing now keeps its place in the batches.
    const gone = new Set(
      (await Array.fromAsync(someFaces())).slice(0, 3).map(({ image }) => image),
    );
    const told: string[] = [];
    const records = mapped((record) =>
      gone.has(record.image) ? { ...record, rejected: "the image is a link" } : record
    );
    const onReject = ({ image }: FaceRecord) => told.push(image);
    const result = await trainOn(before, { config, records, onReject });
    assert.deepEqual([result.counts[0]!.faces, result.counts[0]!.used], [23, 20]);
    assert.deepEqual(told, [], "said once, and not at every step");
    const steps = async (of: string) =>
      (await linesOf(of)).filter(({ type }) => type === "step").length;
    assert.equal(await steps(before), await steps(whole));
  }));

async function* mapped(change: (record: FaceRecord) => FaceRecord): AsyncGenerator<FaceRecord> {
  for await (const record of someFaces()) yield change(record);
}

async function copyOf(run: string, folder: string): Promise<string> {
  await copyFolder(run, join(folder, "copy"));
  return join(folder, "copy");
}

Deno.test("train() goes on without a list, or with a damaged one, if the faces are the same", () =>
  inFolder(async (folder) => {
    const { run, expected } = await twoEpochs(folder);
    const list = join(run, "faces.csv");
    const text = await Deno.readTextFile(list);
    const damages = [null, text.slice(0, 600), text.slice(0, text.lastIndexOf("\n0")), "1,2\n"];
    for (const damaged of damages) {
      const copy = join(folder, "copy");
      await copyFolder(run, copy);
      if (damaged === null) await Deno.remove(join(copy, "faces.csv"));
      else await Deno.writeTextFile(join(copy, "faces.csv"), damaged);
      const few = assert.rejects(
        goOn(copy, { records: someFaces(12) }),
        /24 faces, and these are 20$/,
      );
      await few;
      const told = await goOn(copy);
      assert.equal(told.length, damaged === null ? 0 : 1, told.join());
      if (damaged !== null) assert.match(told[0]!, /; the run goes on if the data set's faces are/);
      assert.deepEqual(await contentOf(copy), expected);
      assert.equal(await Deno.readTextFile(join(copy, "faces.csv")), text, "it is written again");
      await Deno.remove(copy, { recursive: true });
    }
  }));

Deno.test("a checkpoint is a safetensors file", () =>
  inFolder(async (folder) => {
    const { run } = await twoEpochs(folder);
    const bytes = await Deno.readFile(last(run));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal((8 + length) % 8, 0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const { __metadata__: metadata, ...tensors } = header;
    // Readers of the format want strings there, and data without gaps.
    assert(Object.values(metadata).every((value) => typeof value === "string"));
    let end = 0;
    for (const { dtype, shape, data_offsets: [from, to] } of Object.values<Entry>(tensors)) {
      assert.equal(dtype, "F32");
      assert.equal(from, end);
      assert.equal(to - from, 4 * shape.reduce((product, side) => product * side, 1));
      end = to;
    }
    assert.equal(8 + length + end, bytes.length);
  }));

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}
