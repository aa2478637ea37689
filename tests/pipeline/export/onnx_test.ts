import assert from "node:assert/strict";
import { join } from "node:path";
import protocol from "onnx-proto";
import { exportModel, type OnnxOptions } from "../../../pipeline/export.ts";
import { foldNorm } from "../../../pipeline/export/fold_norm.ts";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import {
  assertSame,
  facesFor,
  NETWORK_CASES,
  type NetworkCase,
  ourOutputs,
  writeNetwork,
} from "../../contexts/model_context.ts";
import { hasOnnx, onnxOutputs } from "../../contexts/onnx_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** Exports a run. */
async function onnxOf(run: string, options: OnnxOptions = {}): Promise<string> {
  const [path] = await exportModel({ ...options, run, format: "onnx", out: join(run, "out") });
  return path!;
}

for (const [name, network] of Object.entries(NETWORK_CASES)) {
  const what = `export --format onnx: logits and maps of ${name} are ONNX Runtime's within 1e-4`;
  Deno.test(what, { ignore: !hasOnnx }, () =>
    inFolder(async (run) => {
      await writeNetwork(run, network);
      const images = await facesFor(network);
      const expected = await ourOutputs(run, images);
      const actual = await onnxOutputs(await onnxOf(run), network, images);
      assertSame(actual, expected, `${name}, seed 64`);
      if (network.count === 1) return;
      const others = await ourOutputs(run, images.toReversed());
      assert.throws(() => assertSame(actual, others, name), /are off by more than/);
    }));
}

for (
  const options of [{ layout: "nhwc" }, { keepBatchNorm: true }] as const satisfies OnnxOptions[]
) {
  for (const name of ["residual of odd sides", "lite with a separate head", "paper, small"]) {
    const what = `${name}, ${JSON.stringify(options)}`;
    Deno.test(
      `export --format onnx: logits and maps stay for ${what}`,
      { ignore: !hasOnnx },
      () =>
        inFolder(async (run) => {
          const network: NetworkCase = { ...NETWORK_CASES[name]!, count: 3 };
          await writeNetwork(run, network);
          const images = await facesFor(network);
          const file = await onnxOf(run, options);
          const layout = "layout" in options ? options.layout : "nchw";
          const actual = await onnxOutputs(file, network, images, layout);
          assertSame(actual, await ourOutputs(run, images), `${what}, seed 64`);
        }),
    );
  }
}

Deno.test("an ONNX file says what goes in and out, and keeps normalisations if asked to", () =>
  inFolder(async (run) => {
    await writeNetwork(run, NETWORK_CASES["lite with a separate head"]!);
    const operators = async (options: OnnxOptions) => {
      const { graph } = protocol.onnx.ModelProto.decode(
        await Deno.readFile(await onnxOf(run, options)),
      );
      return graph!.node!.map(({ opType }) => opType);
    };
    assert(!(await operators({})).includes("BatchNormalization"));
    const kept = (await operators({ keepBatchNorm: true })).filter((op) =>
      op === "BatchNormalization"
    );
    assert.equal(kept.length, 7);
    const model = protocol.onnx.ModelProto.decode(await Deno.readFile(await onnxOf(run)));
    assert.deepEqual(model.opsetImport.map(({ version }) => Number(version)), [17]);
    const shapeOf = ({ name, type }: protocol.onnx.IValueInfoProto) => [
      name,
      type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    ];
    assert.deepEqual([...model.graph!.input!, ...model.graph!.output!].map(shapeOf), [
      ["image", ["batch", 3, 109, 89]],
      ["logits", ["batch", 40]],
      ["maps", ["batch", 40, 41, 31]],
    ]);
    const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
    assert.deepEqual(metadata.names!.split(","), ATTRIBUTES);
    assert.equal(metadata.layout, "nchw");
    assert.equal(JSON.parse(metadata.card!).preset, "lite");
  }));

Deno.test("foldNorm() puts scale and shift into filters and bias, computed by hand", () => {
  const filters = { shape: [2, 1, 1, 2], data: Float32Array.of(1, 2, 3, 4) };
  const norm = {
    ...{ scale: Float32Array.of(2, 1), shift: Float32Array.of(1, -1) },
    ...{ mean: Float32Array.of(3, 0), variance: Float32Array.of(3, 0), epsilon: 1 },
  };
  const bias = { shape: [2], data: Float32Array.of(5, 7) };
  const folded = foldNorm(filters, bias, norm);
  assert.deepEqual([...folded.filters.data], [1, 2, 3, 4]);
  assert.deepEqual([...folded.bias.data], [3, 6]);
  assert.deepEqual([...foldNorm(filters, undefined, norm).bias.data], [-2, -1]);
});
