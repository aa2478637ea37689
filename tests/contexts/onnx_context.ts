/** ONNX Runtime as an oracle for exported networks, where npm has it. */

import { join } from "node:path";
import { inverseOf, permute } from "../../pipeline/export/torch_layout.ts";
import { maskSize } from "../../pipeline/network/network.ts";
import type { NetworkCase, Outputs } from "./model_context.ts";
import { ALONE, isFetched } from "./npm_peer.ts";
import { bytesOf, runProcess } from "./python_peer.ts";

const PEER = join(import.meta.dirname!, "..", "peers", "models", "run_onnx.ts");

/** Whether there is an oracle: it is fetched at its first use. */
export const hasOnnx: boolean = await isFetched(PEER);

if (!hasOnnx) {
  const line = "NO ONNX RUNTIME: npm's cannot be had, so the comparisons with it are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** The axes of NHWC in the order of NCHW. */
const CHANNELS_FIRST = [0, 3, 1, 2] as const;

/** What ONNX Runtime says of images u8 [H, W, 3] by a file. */
export async function onnxOutputs(
  file: string,
  { network }: NetworkCase,
  images: readonly Uint8Array[],
  layout: "nchw" | "nhwc" = "nchw",
): Promise<Outputs> {
  const { height, width } = network.input;
  const mask = maskSize(network);
  const isFirst = layout === "nchw";
  const shape = [images.length, height, width, 3];
  const bytes = images.flatMap((image) => [...image]);
  const pixels = Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
  const image = isFirst ? CHANNELS_FIRST.map((axis) => shape[axis]!) : shape;
  const output = await runProcess(Deno.execPath(), [
    ...[
      "run",
      "--quiet",
      "--no-prompt",
      ...ALONE,
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      PEER,
    ],
  ], [
    new TextEncoder().encode(JSON.stringify({ file, image }) + "\n"),
    bytesOf(isFirst ? permute(pixels, shape, CHANNELS_FIRST) : pixels),
  ]);
  const numbers = new Float32Array(output.slice().buffer);
  const [logits, maps] = [
    numbers.subarray(0, 40 * images.length),
    numbers.subarray(40 * images.length),
  ];
  const size = [images.length, 40, mask.height, mask.width];
  return { logits, maps: isFirst ? permute(maps, size, inverseOf(CHANNELS_FIRST)) : maps };
}
