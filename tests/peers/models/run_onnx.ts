/**
 * Runs an ONNX file by ONNX Runtime's WebAssembly build, on one thread.
 *
 * Reads a line of JSON, {"file", "image": shape}, then the image as f32; writes `logits` and `maps` as f32.
 *
 * It is started with --no-config and --no-lock, and left out of what Deno checks: what the lock file names is
 * fetched by every first command, and this package has 139 MB.
 */

import * as ort from "npm:onnxruntime-web@1.30.0";

ort.env.wasm.numThreads = 1;

const input = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
const end = input.indexOf("\n".charCodeAt(0)) + 1;
const { file, image: shape } = JSON.parse(new TextDecoder().decode(input.subarray(0, end)));
const session = await ort.InferenceSession.create(await Deno.readFile(file), {
  executionProviders: ["wasm"],
});
const pixels = new Float32Array(input.slice(end).buffer);
const image = new ort.Tensor("float32", pixels, shape);
const { logits, maps } = await session.run({ image });
for (const { data } of [logits, maps]) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
