import assert from "node:assert/strict";
import { assemble } from "../kernels/wat/build.ts";
import binary from "../kernels/wat/tree_cascade.wasm" with { type: "bytes" };
import text from "../kernels/wat/tree_cascade.wat" with { type: "text" };

Deno.test("tree_cascade.wasm is what `deno task wat` makes of its text", async () => {
  assert.deepEqual(await assemble("tree_cascade.wat", text), new Uint8Array(binary));
});
