import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { rasterizeRows } from "../../../kernels/cpu/rasterize_rows.ts";
import { ATTRIBUTES, hasAttribute } from "../../../pipeline/face/attributes.ts";
import { makeBatch, NO_CHANGE, type WholeFace } from "../../../pipeline/face/batches.ts";
import { loadFaces } from "../../../pipeline/face/faces.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import {
  type ExportedShards,
  exportShards,
  type ExportShardsOptions,
} from "../../../pipeline/export.ts";
import { findPython, runPeer } from "../../contexts/python_peer.ts";
import { SAMPLE, SAMPLE_LANDMARKS, someFaces } from "../../contexts/train_context.ts";
import { maskSize } from "../../../pipeline/network/network.ts";
import { DEFAULT_PRESET, PRESETS } from "../../../pipeline/network/presets.ts";
import { outcomeOf, taskCommand } from "../../processes/task_command.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const MASK = { height: 54, width: 44 };
const PYTHON = await findPython("numpy");
if (PYTHON === null) {
  const line = "NO NUMPY: no Python here has numpy, so reading shards there is SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** 32 faces of the sample: 16 to train on, 8 each of the others, as copies in a folder. */
async function copies(folder: string): Promise<FaceRecord[]> {
  return await Promise.all(
    (await Array.fromAsync(someFaces())).map(async (record) => {
      const path = join(folder, record.image);
      await Deno.copyFile(record.path, path);
      return { ...record, path };
    }),
  );
}

function written(
  records: readonly FaceRecord[],
  out: string,
  options: Partial<ExportShardsOptions> = {},
): Promise<ExportedShards> {
  return exportShards({ records, shards: 5, mask: MASK, out, ...options });
}

/** Digests of all files of a folder by their names. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const digests = await Promise.all(names.map(async (name) => (
    [name, digestOf(await Deno.readFile(join(folder, name)))] as const
  )));
  return Object.fromEntries(digests);
}

function digestOf(bytes: Uint8Array | Uint16Array | Float32Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What `read_shards.py` is expected to say of a face: its files as training has them. */
async function expectedOf(face: WholeFace): Promise<Record<string, unknown>> {
  const { record, labels } = face;
  const plan = { input: MASK, mask: MASK, augmentation: NO_CHANGE };
  const bits = Uint16Array.from(rasterizeRows(makeBatch([face], plan, null).job));
  assert(bits.some((word) => word !== 0), `${record.image} has regions`);
  const owner = [0, 0, 0o644, 0];
  return {
    jpg: { owner, sha256: digestOf(await Deno.readFile(record.path)) },
    json: {
      owner,
      value: {
        ...{ schema: "attparsenet/shards@1", image: record.image, split: record.split },
        ...{ size: [178, 218], box: null },
        attributes: Object.fromEntries(
          ATTRIBUTES.map((name, at) => [name, hasAttribute(labels, at) ? 1 : 0]),
        ),
      },
    },
    "points.npy": { owner, type: "float32", shape: [68, 2], sha256: digestOf(record.points!) },
    "regions.npy": { owner, type: "uint16", shape: [54, 44], sha256: digestOf(bits) },
  };
}

Deno.test({
  name: "Python's tarfile and NumPy read shards: images, labels, points and masks as training's",
  ignore: PYTHON === null,
  fn: () =>
    inFolder(async (folder) => {
      const records = await copies(folder);
      const out = join(folder, "out");
      const { shards, count } = await written(records, out);
      const read = await runPeer(PYTHON!, "read_shards.py", [new TextEncoder().encode(out)]);
      const faces = await Array.fromAsync(loadFaces(records, MASK, assert.fail));
      const expected = await Promise.all(faces.map(async (face) => [
        `${face.record.split} ${face.record.image.replace(".jpg", "")}`,
        await expectedOf(face as WholeFace),
      ]));
      const found = JSON.parse(new TextDecoder().decode(read)) as {
        readonly file: string;
        readonly faces: Readonly<Record<string, unknown>>;
      }[];
      const rows = found.flatMap(({ file, faces }) =>
        // A JavaScript object would put keys of digits first, in their order: all of these have zeros in front.
        Object.entries(faces).map(([key, files]) => [`${file.split("-")[0]} ${key}`, files])
      );
      const inOrder = ["train", "validation", "test"].flatMap((split) =>
        expected.filter(([name]) => String(name).startsWith(split))
      );
      assert.deepEqual(rows, inOrder);
      assert.deepEqual([count.faces, count.used], [32, 32]);
      assert.deepEqual(shards.map(({ file, faces }) => [file, faces]), [
        ["train-000000.tar", 5],
        ["train-000001.tar", 5],
        ["train-000002.tar", 6],
        ["validation-000000.tar", 8],
        ["test-000000.tar", 8],
      ]);
    }),
});

Deno.test("the same faces make the same shards, whatever the threads; what is there is kept", () =>
  inFolder(async (folder) => {
    const records = await copies(folder);
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    assert.equal((await written(records, one, { workers: 0 })).kept, 0);
    assert.equal((await written(records, two, { workers: 3 })).kept, 0);
    const files = await filesIn(one);
    assert.deepEqual(await filesIn(two), files);
    const times = async () =>
      await Promise.all(
        Object.keys(files).map(async (name) => (await Deno.stat(join(one, name))).mtime?.getTime()),
      );
    const before = await times();
    assert.equal((await written(records, one)).kept, 5);
    assert.deepEqual(await times(), before, "nothing is written again");
  }));

Deno.test("an export that was interrupted anywhere goes on, to the same files", () =>
  inFolder(async (folder) => {
    const records = await copies(folder);
    const whole = join(folder, "whole");
    await written(records, whole);
    const files = await filesIn(whole);
    for (const [at, shards] of [[1, 0], [5, 1], [7, 1], [31, 4]] as const) {
      const out = join(folder, `out-${at}`);
      const stop = new AbortController();
      const onProgress = (done: number) => {
        if (done === at) stop.abort(new Error("stopped"));
      };
      const stopped = written(records, out, { signal: stop.signal, onProgress });
      await assert.rejects(stopped, /stopped/);
      const left = Object.entries(await filesIn(out)).filter(([name]) => name.endsWith(".tar"));
      assert.equal(left.length, shards, `after ${at} faces`);
      for (const [name, digest] of left) assert.equal(digest, files[name], name);
      assert(!("shards.json" in await filesIn(out)), "it does not look whole");
      assert.equal((await written(records, out)).kept, shards, `after ${at} faces`);
      assert.deepEqual(await filesIn(out), files, `after ${at} faces`);
    }
  }));

Deno.test("shards that are damaged, gone or of other faces are made again, and none is left over", () =>
  inFolder(async (folder) => {
    const records = await copies(folder);
    const out = join(folder, "out");
    const { shards } = await written(records, out);
    const files = await filesIn(out);
    const path = join(out, shards[1]!.file);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.with(700, bytes[700]! ^ 1));
    await Deno.remove(join(out, shards[3]!.file));
    assert.equal((await written(records, out)).kept, 3);
    assert.deepEqual(await filesIn(out), files);
    const relabelled = records.map((record, at) => at === 0 ? { ...record, labels: 5 } : record);
    assert.equal((await written(relabelled, out)).kept, 4);
    assert.equal((await written(records, out)).kept, 4);
    assert.deepEqual(await filesIn(out), files);
    await Deno.copyFile(records[1]!.path, records[0]!.path);
    assert.equal((await written(records, out)).kept, 4, "an image has changed");
    assert.equal((await written(records, out, { shards: 3 })).kept, 2);
    assert.deepEqual(Object.keys(await filesIn(out)), [
      ...["shards.json", "test-000000.tar", "train-000000.tar", "validation-000000.tar"],
    ]);
  }));

Deno.test("faces that could not be trained on are left out and counted, also of shards that are kept", () =>
  inFolder(async (folder) => {
    const records = await copies(folder);
    const image = await Deno.readFile(records[2]!.path);
    await Deno.writeFile(records[2]!.path, image.subarray(0, image.length / 2));
    await Deno.remove(records[3]!.path);
    const given = records.map((record, at): FaceRecord => {
      if (at === 4) return { ...record, points: null };
      return at === 5 ? { ...record, split: null } : record;
    });
    const out = join(folder, "out");
    const expected = [
      [records[4]!.image, "it has no landmarks"],
      [records[5]!.image, "it has no split"],
      [records[2]!.image, "the image cannot be used"],
      [records[3]!.image, "the image is missing"],
    ];
    for (const kept of [0, 5]) {
      const left: string[][] = [];
      const result = await written(given, out, {
        onReject: (image, reason) => {
          assert(!reason.includes(folder), `${reason} tells no path`);
          left.push([image, reason.split(":", 1)[0]!]);
        },
      });
      assert.equal(result.kept, kept);
      assert.deepEqual([left, result.count.faces, result.count.used], [expected, 32, 28]);
      assert.equal(result.shards.reduce((sum, { faces }) => sum + faces, 0), 28);
    }
    await assert.rejects(written([], out), /There are no faces to export/);
    await assert.rejects(written(records, out, { shards: 2 }), {
      name: "RangeError",
      message: /32 faces of 3 splits over 2 shards/,
    });
  }));

Deno.test("keys are unique and without dots, and names that need no change have none", () =>
  inFolder(async (folder) => {
    const [first] = await copies(folder);
    const names = [
      "a.jpg",
      "a.png",
      "b/a.v2.jpg",
      "b_a_v2.jpg",
      "é#2.jpg",
      `${"x".repeat(99)}.jpg`,
    ];
    const out = join(folder, "out");
    const records = names.map((image) => ({ ...first!, image }));
    await written(records, out, { shards: 1 });
    const tar = new TextDecoder("latin1").decode(
      await Deno.readFile(join(out, "train-000000.tar")),
    );
    const keys = [...tar.matchAll(/([\w-]+)\.points\.npy/g)].map(([, key]) => key);
    assert.deepEqual(keys, ["a", "a-2", "b_a_v2", "b_a_v2-2", "_2", "x".repeat(80)]);
  }));

Deno.test("the command exports the sample, and says what it lacks", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    const task = async (...args: string[]) =>
      await outcomeOf(taskCommand("export", ["--format", "webdataset", "--out", out, ...args]));
    const dataset = ["--dataset", SAMPLE, "--landmarks", SAMPLE_LANDMARKS];
    const made = await task(...dataset, "--json");
    assert.equal(made.code, 0, made.err);
    assert.match(made.err, /export: all 480 faces/);
    assert.equal(JSON.parse(made.out.trim().split("\n").at(-1)!).shards.length, 3);
    const { faces, mask } = JSON.parse(await Deno.readTextFile(join(out, "shards.json")));
    assert.deepEqual(faces, { train: 360, validation: 48, test: 72 });
    assert.deepEqual(mask, maskSize(PRESETS[DEFAULT_PRESET].network));
    for (const args of [dataset.slice(2), [...dataset, "--run", folder]]) {
      const { code, err } = await task(...args);
      assert.equal(code, 2);
      assert.match(err, /--format webdataset needs --dataset DIR and --landmarks FILE/);
    }
    const other = ["--format", "pytorch", "--run", folder, "--shards", "3", "--out", out];
    const { code, err } = await outcomeOf(taskCommand("export", other));
    assert.equal(code, 2);
    assert.match(err, /--format pytorch is of a run, and takes no options of a data set/);
  }));
