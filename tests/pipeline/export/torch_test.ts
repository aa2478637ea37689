import assert from "node:assert/strict";
import { join } from "node:path";
import { exportModel } from "../../../pipeline/export.ts";
import { decodeSafetensors } from "../../../pipeline/files/safetensors.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import {
  assertSame,
  facesFor,
  NETWORK_CASES,
  type NetworkCase,
  ourOutputs,
  type Outputs,
  writeNetwork,
} from "../../contexts/model_context.ts";
import { runPeer } from "../../contexts/python_peer.ts";
import { hasTorch, PYTHON } from "../../contexts/torch_context.ts";
import { ROOT } from "../../processes/task_command.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** What PyTorch says of images by an exported module. */
async function torchOutputs(
  folder: string,
  { network }: NetworkCase,
  images: readonly Uint8Array<ArrayBuffer>[],
): Promise<Outputs> {
  const header = { folder, count: images.length, ...network.input };
  const output = await runPeer(PYTHON!, "models/export_torch.py", [
    new TextEncoder().encode(JSON.stringify(header) + "\n"),
    ...images,
  ]);
  const numbers = new Float32Array(output.slice().buffer);
  const end = 40 * images.length;
  return { logits: numbers.subarray(0, end), maps: numbers.subarray(end) };
}

for (const [name, network] of Object.entries(NETWORK_CASES)) {
  Deno.test({
    name: `export --format pytorch: logits and maps of ${name} are PyTorch's within 1e-4`,
    ignore: !hasTorch,
    fn: () =>
      inFolder(async (folder) => {
        const [run, out] = [join(folder, "run"), join(folder, "out")];
        await writeNetwork(run, network);
        const files = await exportModel({ run, format: "pytorch", out });
        const names = ["weights.safetensors", "attparsenet.py", "card.json", "README.md"];
        assert.deepEqual(files, names.map((file) => join(out, file)));
        const images = await facesFor(network);
        const expected = await ourOutputs(run, images);
        const actual = await torchOutputs(out, network, images as Uint8Array<ArrayBuffer>[]);
        assertSame(actual, expected, `${name}, seed 64`);
        if (network.count === 1) return;
        await writeNetwork(run, network, 65);
        const others = await ourOutputs(run, images);
        assert.throws(() => assertSame(actual, others, name), /are off by more than/);
      }),
  });
}

Deno.test("the weights of preset paper have the names and shapes of the reference's class", () =>
  inFolder(async (folder) => {
    const network = { ...NETWORK_CASES["paper, small"]!, network: PRESETS.paper.network };
    await writeNetwork(folder, network);
    const [path] = await exportModel({ run: folder, format: "safetensors", out: folder });
    const { tensors } = decodeSafetensors(await Deno.readFile(path!));
    // Of its `nn.Sequential(Conv2d, BatchNorm2d, ReLU, MaxPool2d, Conv2d, …)`, and `nn.Linear(40 * 96 * 76, 40)`.
    const widths = [3, 75, 200, 300, 512, 512, 40];
    const expected = [0, 4, 7, 10, 13, 16].flatMap((at, index): [string, number[]][] => {
      const filters = widths[index + 1]!;
      const side = index === 0 ? 7 : 3;
      return [
        [`convolution.${at}.weight`, [filters, widths[index]!, side, side]],
        [`convolution.${at}.bias`, [filters]],
        ...["weight", "bias", "running_mean", "running_var"].map((
          part,
        ): [string, number[]] => [`convolution.${at + 1}.${part}`, [filters]]),
      ];
    });
    expected.push(["fully_connected.0.weight", [40, 40 * 96 * 76]], ["fully_connected.0.bias", [
      40,
    ]]);
    const found = Object.entries(tensors).map(([name, { shape }]) => [name, shape]);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected));
  }));

Deno.test("export --format tfjs writes the run's model and its card, as they are", () =>
  inFolder(async (folder) => {
    const [run, out] = [join(folder, "run"), join(folder, "out")];
    await writeNetwork(run, NETWORK_CASES["residual of odd sides"]!);
    await exportModel({ run, format: "tfjs", out });
    for (const name of ["model.json", "weights.bin", "card.json", "README.md"]) {
      const [own, written] = [join(run, "model", name), join(out, name)];
      assert.deepEqual(await Deno.readFile(written), await Deno.readFile(own), name);
    }
  }));

Deno.test({
  name: "the Python of docs/models.md runs",
  ignore: !hasTorch,
  fn: () =>
    inFolder(async (folder) => {
      const [run, out] = [join(folder, "run"), join(folder, "exports", "celeba")];
      await writeNetwork(run, NETWORK_CASES.residual!);
      await exportModel({ run, format: "pytorch", out });
      const page = await Deno.readTextFile(join(ROOT, "docs", "models.md"));
      const blocks = [...page.matchAll(/^```python\n([^]*?)^```$/gm)].map(([, block]) => block!)
        .filter((block) => !block.includes("onnxruntime"));
      assert.equal(blocks.length, 3);
      const checkpoint = 'import torch\ntorch.save({"state_dict": {}}, "reference.ckpt")\n';
      const command = new Deno.Command(PYTHON!, {
        args: ["-B", "-c", checkpoint + blocks.join("")],
        cwd: folder,
      });
      const { success, stderr } = await command.output();
      assert(success, new TextDecoder().decode(stderr));
      const saved = decodeSafetensors(await Deno.readFile(join(folder, "trained.safetensors")));
      assert.equal(saved.metadata.preset, "residual");
    }),
});
