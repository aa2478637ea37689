import assert from "node:assert/strict";
import { join } from "node:path";
import { assemble, TEXTS } from "../../../kernels/wasm/wat/build.ts";

const FOLDER = join(import.meta.dirname ?? ".", "..", "..", "..", "kernels", "wasm", "binaries");

for (const [name, text] of Object.entries(TEXTS)) {
  Deno.test(`${name}.wasm is what \`deno task wat\` makes of its text`, async () => {
    const kept = await Deno.readFile(join(FOLDER, `${name}.wasm`));
    assert.deepEqual(await assemble(name, text), kept);
  });
}
