import assert from "node:assert/strict";
import { join } from "node:path";
import { loadFaces } from "../../../pipeline/face/faces.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { PictureReader } from "../../../pipeline/image/reading/picture_reader.ts";
import { openDataset } from "../../../pipeline/dataset.ts";
import { openPacked, Pack, pack, type PackOptions } from "../../../pipeline/pack.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { evaluate } from "../../../pipeline/evaluate.ts";
import { train } from "../../../pipeline/train.ts";
import { inCache } from "../../contexts/cache_context.ts";
import { findPython, runPeer } from "../../contexts/python_peer.ts";
import { SAMPLE, smallConfig, someFaces } from "../../contexts/train_context.ts";
import { inFolder, streamOf } from "../../fixtures/face_records.ts";
import { taskCommand } from "../../processes/task_command.ts";

const SIZE = { height: 54, width: 44 };

/** Records of copies of the sample's first pictures. */
async function copies(folder: string, count: number): Promise<FaceRecord[]> {
  const dataset = await openDataset(SAMPLE);
  const records: FaceRecord[] = [];
  for await (const record of dataset.records()) {
    if (records.length === count) break;
    const path = join(folder, record.image);
    await Deno.copyFile(record.path, path);
    records.push({ ...record, path });
  }
  return records;
}

/** Packs records, and says what was told. */
async function packed(
  records: readonly FaceRecord[],
  out: string,
  options: Partial<PackOptions> = {},
): Promise<string[]> {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line.replaceAll(out, "FILE"));
  await pack({ records: streamOf(records), size: SIZE, out, log, ...options });
  return lines;
}

/** Every picture of a pack by its name. */
async function pixelsIn(path: string): Promise<Map<string, Uint8Array | null>> {
  using pack = await Pack.open(path);
  return new Map(pack.index.names.map((name, place) => [name, pack.pixels(place)]));
}

const MADE = "The faces are packed into FILE (1 MB) when they are first decoded";
const DONE = "The faces are packed in FILE: from now on they are read from there";
const READ = "The faces are read from FILE";

Deno.test("a pack has the pixels that the network gets, and leaves out what cannot be read", () =>
  inFolder(async (folder) => {
    const records = await copies(folder, 20);
    await Deno.writeFile(records[3]!.path, new Uint8Array(9));
    const out = join(folder, "out.safetensors");
    const rejected: string[] = [];
    const lines = await packed(records, out, {
      onReject: ({ image }) => void rejected.push(image),
    });
    assert.deepEqual([lines, rejected], [[MADE, DONE], [records[3]!.image]]);
    const pixels = await pixelsIn(out);
    const faces = loadFaces(records, SIZE, () => {});
    for await (const { record, pixels: own } of faces) {
      assert.deepEqual(pixels.get(record.image), own, record.image);
    }
    assert.deepEqual([pixels.size, pixels.get(records[3]!.image)], [20, null]);
    assert.deepEqual(await packed(records, out), [READ]);
  }));

Deno.test("a pack whose images have changed or that lacks some is said and made again", () =>
  inFolder(async (folder) => {
    const records = await copies(folder, 8);
    const out = join(folder, "out.safetensors");
    await packed(records.slice(0, 7), out);
    const first = await pixelsIn(out);
    await Deno.copyFile(records[6]!.path, records[2]!.path);
    assert.deepEqual(await packed(records, out), [
      "FILE is out of date: 1 of 8 images have changed, 1 are not in it; it is made again",
      MADE,
      DONE,
    ]);
    const second = await pixelsIn(out);
    assert.deepEqual(second.get(records[2]!.image), first.get(records[6]!.image));
    assert.deepEqual(await packed(records, out, { size: { height: 30, width: 20 } }), [
      "FILE has pictures of 54x44, and 30x20 are needed; it is made again",
      MADE,
      DONE,
    ]);
  }));

Deno.test("a pack that is damaged anywhere is said and made again", () =>
  inFolder(async (folder) => {
    const records = await copies(folder, 8);
    const out = join(folder, "out.safetensors");
    await packed(records, out);
    const whole = await Deno.readFile(out);
    const pixels = 8 * 3 * 54 * 44;
    const places = { head: 20, index: 4096 + pixels + 9, end: whole.length - 1 };
    for (const [what, place] of Object.entries(places)) {
      await Deno.writeFile(out, whole.with(place, whole[place]! ^ 64));
      const [said, ...then] = await packed(records, out);
      assert.match(said!, /^FILE.*(is damaged or no pack|"schema").*; it is made again$/, what);
      assert.deepEqual([then, await Deno.readFile(out)], [[MADE, DONE], whole], what);
    }
    for (const length of [0, 7, 4000, 4096 + pixels - 1, whole.length - 1]) {
      await Deno.writeFile(out, whole.subarray(0, length));
      const [said] = await packed(records, out);
      assert.match(said!, /^FILE is damaged or no pack.*; it is made again$/, `${length} bytes`);
      assert.deepEqual(await Deno.readFile(out), whole, `${length} bytes`);
    }
    const place = 4096 + 5 * pixels / 8 + 3;
    await Deno.writeFile(out, whole.with(place, whole[place]! ^ 1));
    assert.deepEqual(await packed(records, out), [
      READ,
      `FILE is damaged: ${records[5]!.path} and the like are decoded; it is made again later`,
      MADE,
      DONE,
    ]);
    assert.deepEqual(await Deno.readFile(out), whole);
  }));

Deno.test("training comes to the same bits from files and from a pack, in any of its epochs", () =>
  inFolder(async (folder) => {
    using backend = await openBackend("wasm");
    const config = smallConfig({ epochs: 2 });
    const file = join(folder, "pack.safetensors");
    const weights: Uint8Array[] = [];
    const said: string[] = [];
    for (const [n, wish] of (["off", { file }, { file }] as const).entries()) {
      const out = join(folder, `run${n}`);
      const log = (line: string) => void said.push(line.replaceAll(file, "FILE"));
      // Nothing stays in memory, so that every epoch reads the pixels anew.
      const records = someFaces();
      await train({ records, config, backend, out, pack: wish, pixelBudget: 0, log });
      weights.push(await Deno.readFile(join(out, "model", "weights.bin")));
    }
    assert.deepEqual(said, [MADE, DONE, READ]);
    assert.deepEqual(weights[1], weights[0], "while the pack is made");
    assert.deepEqual(weights[2], weights[0], "from the pack");

    const run = join(folder, "run2");
    const measure = (wish: PackWishOf) =>
      evaluate({ run, records: someFaces(), split: "validation", backend, pack: wish });
    assert.deepEqual(await measure({ file }), await measure("off"));
  }));

type PackWishOf = "off" | { readonly file: string };

Deno.test("a pack does not wait for faces that are left out, nor for a picture's second one", () =>
  inFolder(async (folder) => {
    using backend = await openBackend("wasm");
    const [first, second, ...others] = await Array.fromAsync(someFaces());
    const records = streamOf<FaceRecord>([
      { ...first!, points: first!.points!.map(() => NaN) },
      second!,
      { ...second!, image: `${second!.image}#2` },
      ...others,
    ]);
    const file = join(folder, "pack.safetensors");
    const config = smallConfig({ epochs: 1, allowMissing: 0.2 });
    const out = join(folder, "run");
    await train({ records, config, backend, out, pack: { file } });
    const pixels = await pixelsIn(file);
    assert.deepEqual([pixels.size, pixels.get(first!.image)!.length], [24, 3 * 54 * 44]);

    // Of many faces, one that is left out is never decoded.
    const wish = { file: join(folder, "other.safetensors") };
    const [a, b] = others as [FaceRecord, FaceRecord];
    await using reader = new PictureReader({ workers: 0 });
    const parts = { wish, pictures: [a, b], size: SIZE, isMade: true, reader, log: () => {} };
    await using packed = await openPacked(parts);
    await packed!.read({ path: a.path, size: SIZE, useDamaged: false });
    assert.equal(packed!.isComplete, false);
    await packed!.skip(b.path);
    assert.equal(packed!.isComplete, true);
    assert.equal((await pixelsIn(wish.file)).get(b.image), null);
  }));

Deno.test("pack is killed at any moment, and nothing half is used", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out.safetensors");
    const args = ["--dataset", SAMPLE, "--size", "109x89", "--out", out, "--quiet"];
    for (const delay of [0, 50, 150, 300]) {
      const child = taskCommand("pack", args).spawn();
      // Until it has begun to write.
      while (!await Deno.stat(`${out}.partial`).catch(() => null)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await child.output();
      const there = await Deno.stat(out).catch(() => null);
      if (there) await pixelsIn(out);
      if (there) break;
    }
    const { code } = await taskCommand("pack", args).output();
    assert.equal(code, 0);
    assert.equal([...(await pixelsIn(out)).values()].filter(Boolean).length, 480);
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(folder))).length,
      1,
      "and nothing is left",
    );
  }));

Deno.test("by itself, a pack is made of many faces where there is room, and else said how", () =>
  inCache(async (folder) => {
    const reader = { window: 1, read: () => Promise.reject(new Error("nothing is read")) };
    const ask = async (count: number, free: number) => {
      const lines: string[] = [];
      await using packed = await openPacked({
        wish: "auto",
        isMade: true,
        pictures: Array.from(
          { length: count },
          (_, i) => ({ image: `${i}`, path: `/faces/${i}` }),
        ),
        size: SIZE,
        reader,
        log: (line) =>
          void lines.push(line.replace(folder, "CACHE").replace(/[\da-f]{12}-/, "KEY-")),
        free: () => Promise.resolve(free),
      });
      assert.equal(packed !== null, lines[0]?.startsWith("The faces are packed") ?? false);
      return lines;
    };
    assert.deepEqual(await ask(8192, Infinity), []);
    assert.deepEqual(await ask(8193, 1e9), [
      "The faces are packed into CACHE/attparsenet/packs/KEY-54x44.safetensors (59 MB) when they " +
      "are first decoded",
    ]);
    assert.deepEqual(await ask(8193, 5e8), [
      "Faces are decoded in every epoch: a pack of them takes 59 MB, which is more than is taken " +
      "unasked. To have one: --pack FILE.safetensors, or the command pack beforehand",
    ]);
    assert.match((await ask(2_000_000, Infinity))[0]!, /takes 14\.4 GB/, "8 GB at most");
    const left = await Array.fromAsync(Deno.readDir(join(folder, "attparsenet", "packs")));
    assert.deepEqual(left, [], "nothing is left of what was not filled");
  }));

const numpy = await findPython("numpy");
Deno.test({
  name: "NumPy reads a pack",
  ignore: numpy === null,
  fn: () =>
    inFolder(async (folder) => {
      const records = await copies(folder, 5);
      const out = join(folder, "out.safetensors");
      await packed(records, out);
      const answer = await runPeer(numpy!, "read_pack.py", [new TextEncoder().encode(out)]);
      const { names, sums } = JSON.parse(new TextDecoder().decode(answer));
      const pixels = await pixelsIn(out);
      assert.deepEqual(names, [...pixels.keys()]);
      assert.deepEqual(sums, [...pixels.values()].map((some) => some!.reduce((a, b) => a + b, 0)));
    }),
});
