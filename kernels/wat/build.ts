/**
 * `deno task wat`: makes every `kernels/wat/NAME.wasm` of its `NAME.wat`. The binaries are kept beside
 * their sources, so that nobody needs the assembler to run the program.
 *
 * @module
 */

import { join } from "node:path";
import wabt from "wabt";

const FOLDER = import.meta.dirname ?? ".";

/** Assembles a text. */
export async function assemble(name: string, text: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat(name, text, { simd: true, threads: true, bulk_memory: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

if (import.meta.main) {
  for (const { name } of Deno.readDirSync(FOLDER)) {
    if (!name.endsWith(".wat")) continue;
    const text = await Deno.readTextFile(join(FOLDER, name));
    await Deno.writeFile(join(FOLDER, name.replace(".wat", ".wasm")), await assemble(name, text));
  }
}
