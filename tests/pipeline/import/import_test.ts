import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { evaluate } from "../../../pipeline/evaluate.ts";
import { exportModel } from "../../../pipeline/export.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipeline/files/safetensors.ts";
import type { Safetensors } from "../../../pipeline/files/safetensors.ts";
import { importModel, type ImportModelOptions } from "../../../pipeline/import.ts";
import { fromUnitRange } from "../../../pipeline/import/fit_weights.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import { predict } from "../../../pipeline/predict.ts";
import { train } from "../../../pipeline/train.ts";
import { readCard } from "../../../pipeline/train/card/card_files.ts";
import {
  assertSame,
  facesFor,
  NETWORK_CASES,
  ourOutputs,
  type Outputs,
  writeNetwork,
} from "../../contexts/model_context.ts";
import { runPeer } from "../../contexts/python_peer.ts";
import { hasTorch, PYTHON } from "../../contexts/torch_context.ts";
import { SAMPLE, someFaces } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const { lite, paper, "residual of odd sides": small } = NETWORK_CASES;

/** A folder with a run and its exported weights. */
async function exported(folder: string, network = small!): Promise<{ run: string; from: string }> {
  const run = join(folder, "run");
  await writeNetwork(run, network);
  const [from] = await exportModel({ run, format: "safetensors", out: join(folder, "out") });
  return { run, from: from! };
}

function numbersOf(run: string): Promise<Uint8Array> {
  return Deno.readFile(join(run, "model", "weights.bin"));
}

for (const [name, network] of Object.entries(NETWORK_CASES)) {
  Deno.test(`${name}: export and import give the same bits`, () =>
    inFolder(async (folder) => {
      const { run, from } = await exported(folder, network);
      const out = join(folder, "back");
      assert.deepEqual(await importModel({ from, out }), { preset: network.preset });
      assert.deepEqual(await numbersOf(out), await numbersOf(run));
      const layers = (run: string) => Deno.readTextFile(join(run, "model", "model.json"));
      assert.equal(await layers(out), await layers(run));
    }));
}

for (const keepBatchNorm of [true, false]) {
  for (const network of [small!, { ...lite!, count: 3 }]) {
    const what = `${network.preset}, ${keepBatchNorm ? "with" : "without"} normalisations`;
    Deno.test(`import of an ONNX file gives the same logits and maps: ${what}`, () =>
      inFolder(async (folder) => {
        const [run, out] = [join(folder, "run"), join(folder, "back")];
        await writeNetwork(run, network);
        const options = { run, format: "onnx", layout: "nhwc", keepBatchNorm } as const;
        const [from] = await exportModel({ ...options, out: join(folder, "out") });
        await importModel({ from: from!, out });
        const isSame = String(await numbersOf(out)) === String(await numbersOf(run));
        assert.equal(isSame, keepBatchNorm, "the same bits where nothing is folded");
        const images = await facesFor(network);
        assertSame(
          await ourOutputs(out, images),
          await ourOutputs(run, images),
          `${what}, seed 64`,
        );
      }));
  }
}

Deno.test({
  name: "what attparsenet.save writes in Python comes back with the same bits",
  ignore: !hasTorch,
  fn: () =>
    inFolder(async (folder) => {
      const [run, out] = [join(folder, "run"), join(folder, "out")];
      await writeNetwork(run, small!);
      await exportModel({ run, format: "pytorch", out });
      const [resave, images] = [join(folder, "saved.safetensors"), await facesFor(small!)];
      const header = { folder: out, count: images.length, ...small!.network.input, resave };
      await runPeer(PYTHON!, "models/export_torch.py", [
        new TextEncoder().encode(JSON.stringify(header) + "\n"),
        ...images as Uint8Array<ArrayBuffer>[],
      ]);
      await importModel({ from: resave, out: join(folder, "back") });
      assert.deepEqual(await numbersOf(join(folder, "back")), await numbersOf(run));
    }),
});

Deno.test({
  name: "the reference's class loads our weights, and import takes its own, for images from 0 to 1",
  ignore: !hasTorch,
  fn: () =>
    inFolder(async (folder) => {
      const [run, out, back] = ["run", "out", "back"].map((name) => join(folder, name));
      await writeNetwork(run!, paper!);
      await exportModel({ run: run!, format: "pytorch", out: out! });
      const images = await facesFor(paper!);
      const save = join(folder, "reference.safetensors");
      const output = await runPeer(PYTHON!, "models/reference_torch.py", [
        new TextEncoder().encode(JSON.stringify({ folder: out, save }) + "\n"),
        ...images as Uint8Array<ArrayBuffer>[],
      ]);
      const numbers = new Float32Array(output.slice().buffer);
      const outputsAt = (at: number): Outputs => (
        { logits: numbers.subarray(at, at + 40), maps: numbers.subarray(at + 40, at + SIZE) }
      );
      const SIZE = 40 + 96 * 76 * 40;
      assertSame(outputsAt(0), await ourOutputs(run!, images), "our weights, seed 64");
      await importModel({ from: save, preset: "paper", range: "unit", out: back! });
      assertSame(await ourOutputs(back!, images), outputsAt(SIZE), "the reference's, seed 64");
    }),
});

Deno.test("fromUnitRange() halves the filters and adds half their sum, computed by hand", () => {
  const filters = { shape: [2, 1, 1, 2], data: Float32Array.of(1, 3, -2, 4) };
  const tensors = { "a.weight": filters, "a.bias": { shape: [2], data: Float32Array.of(10, 20) } };
  fromUnitRange(tensors, "a");
  assert.deepEqual([...tensors["a.weight"].data], [0.5, 1.5, -1, 2]);
  assert.deepEqual([...tensors["a.bias"].data], [12, 21]);
});

Deno.test("import names what is missing, too much, of another shape, or not said", () =>
  inFolder(async (folder) => {
    const { from } = await exported(folder);
    const file = decodeSafetensors(await Deno.readFile(from));
    const out = join(folder, "back");
    const rejects = async (
      reason: RegExp,
      change: (file: Safetensors) => Partial<Safetensors>,
      options: Partial<ImportModelOptions> = {},
    ) => {
      const path = join(folder, "changed.safetensors");
      await Deno.writeFile(path, encodeSafetensors({ ...file, ...change(file) }));
      await assert.rejects(importModel({ from: path, out, ...options }), (error: Error) => {
        assert.match(error.message, reason);
        assert(error.message.includes(path), error.message);
        return true;
      });
    };
    const { "logits.bias": bias, ...others } = file.tensors;
    const with_ = (tensors: Safetensors["tensors"]) => ({
      tensors: { ...file.tensors, ...tensors },
    });
    await rejects(
      /it has no logits\.bias, which the preset residual needs/,
      () => ({ tensors: others }),
    );
    await rejects(
      /its logits\.bias is \[39\], and that of the preset residual is \[40\]/,
      () =>
        with_({
          "logits.bias": { shape: [39], data: bias!.data.slice(1) } as typeof bias & object,
        }),
    );
    await rejects(
      /it has other\.bias, and the preset residual has not/,
      () => with_({ "other.bias": bias! }),
    );
    const nan = { shape: [40], data: new Float32Array(40).fill(NaN) };
    await rejects(/a number of logits\.bias is not finite/, () => with_({ "logits.bias": nan }));
    const without = (name: string) => () => ({
      metadata: Object.fromEntries(Object.entries(file.metadata).filter(([key]) => key !== name)),
    });
    await rejects(/does not say of which network it is; give --preset/, without("preset"));
    await rejects(/does not say for which images it is; give --range/, without("range"));
    await rejects(/numbers, and the preset residual needs \d+ or more/, () => ({}), {
      preset: "residual",
    });
    const huge = { ...JSON.parse(file.metadata.network!), input: { height: 9000, width: 9000 } };
    await rejects(/numbers, and the preset residual needs \d+ or more/, () => ({
      metadata: { ...file.metadata, network: JSON.stringify(huge) },
    }));
    await rejects(/its network\.input is no object/, () => ({
      metadata: { ...file.metadata, network: "{}" },
    }));
    const wrong = join(folder, "weights.pt");
    await assert.rejects(importModel({ from: wrong, out }), /ends in \.safetensors or \.onnx/);
    for (const name of ["cut.safetensors", "cut.onnx"]) {
      await Deno.writeFile(join(folder, name), (await Deno.readFile(from)).subarray(0, 99));
      await assert.rejects(importModel({ from: join(folder, name), out }), {
        name: "SyntaxError",
        message: /^Cannot read the weights .*cut\./,
      });
    }
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound, "nothing is written");
  }));

Deno.test("an imported run is evaluated, predicted with and trained from, and does not go on", () =>
  inFolder(async (folder) => {
    const { from } = await exported(folder);
    const file = decodeSafetensors(await Deno.readFile(from));
    // PyTorch counts batches besides.
    const counted = { "stem.1.num_batches_tracked": { shape: [], data: BigInt64Array.of(7n) } };
    await Deno.writeFile(
      from,
      encodeSafetensors({ ...file, tensors: { ...file.tensors, ...counted } }),
    );
    const run = join(folder, "back");
    await importModel({ from, out: run });
    using backend = await openBackend("wasm");
    const { images } = await evaluate({ run, backend, split: "test", records: someFaces() });
    assert.equal(images, 8);
    const { training, measures } = await readCard(run);
    assert.deepEqual([training.imported, training.seed, training.faces], [
      "weights.safetensors",
      null,
      null,
    ]);
    assert.equal(measures?.images, 8);
    const image = join(SAMPLE, "Img", "img_align_celeba", "000002.jpg");
    const answers = await Array.fromAsync(predict({ run, backend, images: findImages([image]) }));
    assert.equal(
      Object.keys("probabilities" in answers[0]! ? answers[0].probabilities : {}).length,
      40,
    );
    const config = trainConfig("residual", { network: small!.network, epochs: 1, from: run });
    await train({ records: someFaces(), config, backend, out: join(folder, "on") });
    await assert.rejects(
      train({ records: someFaces(), config, backend, out: run, resume: true }),
      /Cannot resume .*back, which was imported: train --from/,
    );
    await assert.rejects(importModel({ from, out: run }), /already exists: .*--force/);
    await importModel({ from, out: run, force: true });
  }));
