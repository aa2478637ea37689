/**
 * A GPU that is lost while it works. `device.destroy()` stands for it: what was asked before it may still
 * be answered, and nothing after it, as with a device that its driver has reset.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { type Backend, openBackend } from "../../../pipeline/compute/backend.ts";
import { evaluate } from "../../../pipeline/evaluate.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { predict } from "../../../pipeline/predict.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { segments } from "../../../pipeline/segments.ts";
import { train, type TrainOptions } from "../../../pipeline/train.ts";
import { readCheckpoint } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { SAMPLE, smallConfig, someFaces } from "../../contexts/train_context.ts";

const LOST = /The GPU was lost \(destroyed: /;

/** Registers a test of what needs an adapter; it fails if it hangs. */
function lossTest(name: string, test: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasGpu, fn: () => within(60_000, test()) });
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = setTimeout(milliseconds, null, ended).then(() => assert.fail("it hangs"));
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}

lossTest("Gpu.read() rejects when the device is lost, before it and meanwhile", async () => {
  for (const delay of [null, 0, 1]) {
    using gpu = (await Gpu.open())!;
    const buffer = gpu.upload(new Float32Array(1 << 16).fill(7));
    const reading = gpu.read(buffer);
    if (delay !== null) await setTimeout(delay);
    gpu.device.destroy();
    await assert.rejects(reading, { name: "DeviceLost", message: LOST });
    await assert.rejects(gpu.read(buffer), { name: "DeviceLost", message: LOST });
    assert.throws(() => gpu.check(), { name: "DeviceLost" });
  }
});

lossTest("Gpu.answer() does not wait for work that a lost device never ends", async () => {
  using gpu = (await Gpu.open())!;
  const answer = gpu.answer(new Promise(() => {}));
  gpu.device.destroy();
  await assert.rejects(answer, { name: "DeviceLost" });
  const other = new TypeError("not the device's fault");
  using sound = (await Gpu.open())!;
  assert.equal(await sound.causeOf(other), other);
});

const CONFIG = smallConfig({ epochs: 3, batch: 2, keepBest: 1 });
/** Images that are trained on in all epochs. */
const ALL = 3 * 16;

async function trainOnGpu(
  run: string,
  options: Partial<TrainOptions> = {},
  disturb: (backend: Backend, done: number) => void = () => {},
): Promise<void> {
  using backend = await openBackend("webgpu");
  const onProgress = (done: number) => disturb(backend, done);
  const whole = { records: someFaces(), config: CONFIG, backend, out: run, onProgress };
  await train({ ...whole, ...options });
}

/** Weights, checkpoints and losses of a finished run. */
async function contentOf(run: string) {
  const log = (await Deno.readTextFile(join(run, "log.ndjson"))).trimEnd().split("\n");
  return {
    checkpoint: await readCheckpoint(join(run, "checkpoints", "last.safetensors")),
    weights: await Deno.readFile(join(run, "model", "weights.bin")),
    losses: log.map((line) => JSON.parse(line)).map(({ loss, train }) => loss ?? train?.loss),
  };
}

lossTest(
  "train() that loses its GPU keeps the checkpoint, says so, and goes on to the same end",
  () =>
    inFolder(async (folder) => {
      const whole = join(folder, "whole");
      await trainOnGpu(whole);
      const expected = await contentOf(whole);
      const [seed, run] = [5, join(folder, "run")];
      const random = new Random(seed);
      for (let losses = 0; losses < 4; losses++) {
        // In each epoch, and twice in the last one.
        const epoch = Math.min(losses, 2);
        const at = 16 * epoch + 2 + 2 * random.integer(7);
        const disturb = ({ gpu }: Backend, done: number) => done === at && gpu!.device.destroy();
        const kept = epoch === 0 ? "no checkpoint yet" : `after step ${8 * epoch - 1} is kept`;
        await assert.rejects(
          trainOnGpu(run, { resume: losses > 0 }, disturb),
          (error: Error) => LOST.test(error.message) && error.message.includes(kept),
          `seed ${seed}, lost at image ${at} of ${ALL}`,
        );
      }
      await trainOnGpu(run, { resume: true });
      assert.deepEqual(await contentOf(run), expected, `seed ${seed}`);
    }),
);

lossTest(
  "train() writes no model or checkpoint of what a lost GPU says",
  () =>
    inFolder(async (folder) => {
      const run = join(folder, "run");
      const [model, last] = [["model", "weights.bin"], ["checkpoints", "last.safetensors"]]
        .map((names) => join(run, ...names)) as [string, string];
      const before: Uint8Array[] = [];
      using backend = await openBackend("webgpu");
      // After the second epoch's validation and before its model and checkpoint are written.
      const onEpoch = ({ epoch }: { epoch: number }) => {
        if (epoch === 0) return;
        before.push(...[model, last].map((path) => Deno.readFileSync(path)));
        backend.gpu!.device.destroy();
      };
      const options = { records: someFaces(), config: CONFIG, backend, out: run, onEpoch };
      await assert.rejects(train(options), LOST);
      assert.equal(before.length, 2);
      assert.deepEqual([model, last].map((path) => Deno.readFileSync(path)), before);
    }),
);

lossTest(
  "evaluate(), predict() and segments() say that the GPU is lost",
  () =>
    inFolder(async (folder) => {
      const run = join(folder, "run");
      await trainOnGpu(run, { config: { ...CONFIG, epochs: 1 } });
      const names = () => Array.from(Deno.readDirSync(run), ({ name }) => name).sort();
      const before = names();
      const lost = { name: "DeviceLost", message: LOST };
      {
        using backend = await openBackend("webgpu");
        const onProgress = () => backend.gpu!.device.destroy();
        const job = { run, records: someFaces(), split: "train" as const, backend, onProgress };
        await assert.rejects(evaluate(job), lost);
        assert.deepEqual(names(), before);
      }
      {
        using backend = await openBackend("webgpu");
        const images = findImages([join(SAMPLE, "Img", "img_align_celeba")]);
        const said = predict({ run, images, backend, batch: 2 });
        await said.next();
        backend.gpu!.device.destroy();
        await assert.rejects(Array.fromAsync(said), lost);
      }
      using gpu = (await Gpu.open())!;
      async function* disturbed() {
        let faces = 0;
        for await (const face of someFaces()) {
          if (++faces === 4) gpu.device.destroy();
          yield face;
        }
      }
      const sizes = { frame: { height: 218, width: 178 }, mask: { height: 24, width: 20 } };
      const draw = segments({ ...sizes, gpu, batch: 2 });
      await assert.rejects(Array.fromAsync(draw(disturbed())), lost);
    }),
);
