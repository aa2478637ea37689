import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { labelsOf, namesOf } from "../pipeline/attributes.ts";
import { Random } from "../pipeline/random.ts";
import type { FaceRecord } from "../pipeline/record.ts";
import type { TrainOptions } from "../pipeline/train.ts";
import { readCheckpoint } from "../pipeline/train/checkpoint.ts";
import { hasBegun, RunFolder } from "../pipeline/train/run_folder.ts";
import { hasGpu } from "./gpu_test_context.ts";
import { KILLED_CONFIG, killedRun, trainOn } from "./killed_run.ts";
import { smallConfig, someFaces } from "./train_context.ts";
import { inFolder } from "./face_records.ts";

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
async function contentOf(run: string) {
  const names = Array.from(Deno.readDirSync(join(run, "checkpoints")), ({ name }) => name).sort();
  const checkpoints = await Promise.all(names.map(async (name) => {
    const { tensors, metadata } = await readCheckpoint(join(run, "checkpoints", name));
    const { sums: { seconds: _, waited: __, ...sums }, ...standing } = metadata;
    return { name, tensors, standing, sums };
  }));
  const model = await Deno.readFile(join(run, "model", "weights.bin"));
  return { checkpoints, model, log: await linesOf(run) };
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
  await trainOn(run, options, on);
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

Deno.test("train() goes on from the checkpoint before a damaged one", () =>
  inFolder(async (folder) => {
    const { run, expected } = await twoEpochs(folder);
    const bytes = await Deno.readFile(last(run));
    // A bit of the data, of the header, of the checksum; the end; all of it; and a file of nothing.
    const damages = [bytes.length - 9, 300, 40].map((at) => {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      return damaged;
    });
    damages.push(bytes.slice(0, -4), bytes.slice(0, 100), new Uint8Array());
    const [kept] = [await Deno.readFile(previous(run))];
    for (const damaged of damages) {
      await Deno.writeFile(last(run), damaged);
      await Deno.writeFile(previous(run), kept);
      const [line, ...more] = await goOn(run);
      assert.match(
        line!,
        /^Cannot read checkpoint .*last\.safetensors: .*goes on from the one before/,
      );
      assert.deepEqual(more, []);
      assert.deepEqual(await contentOf(run), expected);
    }
    await Deno.writeFile(last(run), damages[0]!);
    await Deno.writeFile(previous(run), damages[1]!);
    await assert.rejects(
      goOn(run),
      /last\.safetensors: it does not match its checksum, and there is no/,
    );
    await Deno.remove(last(run));
    await Deno.writeFile(previous(run), kept);
    // Killed between two renames.
    assert.deepEqual(await goOn(run), []);
    assert.deepEqual(await contentOf(run), expected);
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
    await assert.rejects(goOn(run, { records: someFaces(12) }), /with 24 faces, and these are 20$/);
    await refuses(
      (record) => ({ ...record, image: `x${record.image}` }),
      /other faces, or in another/,
    );
    const bald = ({ labels, ...record }: FaceRecord) => (
      { ...record, labels: labelsOf(["Bald", ...namesOf(labels ?? 0)]) }
    );
    await refuses(bald, /with other labels of the same faces$/);
    const moved = ({ points, ...record }: FaceRecord) => (
      { ...record, points: points && points.map((value) => value + 1) }
    );
    await refuses(moved, /with other landmarks of the same faces$/);
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
