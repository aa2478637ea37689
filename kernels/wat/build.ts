/**
 * `deno task wat`: makes every `kernels/wat/NAME.wasm` of its `NAME.wat`, or of the text that
 * `NAME_text.ts` writes where loops are unrolled. The binaries are kept beside their sources, so that
 * nobody needs the assembler to run the program.
 *
 * @module
 */

import { join } from "node:path";
import wabt from "wabt";
import { conv2dText } from "./conv2d_text.ts";

const FOLDER = import.meta.dirname ?? ".";

/** What the texts use beyond the first version of WebAssembly. */
const FEATURES = { simd: true, threads: true, relaxed_simd: true };

/** Assembles a text. */
export async function assemble(name: string, text: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat(name, text, FEATURES);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** The texts by the names of their binaries. */
export const TEXTS: Readonly<Record<string, string>> = {
  conv2d: conv2dText,
  dense: await Deno.readTextFile(join(FOLDER, "dense.wat")),
  batch_norm: await Deno.readTextFile(join(FOLDER, "batch_norm.wat")),
  tree_cascade: await Deno.readTextFile(join(FOLDER, "tree_cascade.wat")),
};

if (import.meta.main) {
  for (const [name, text] of Object.entries(TEXTS)) {
    await Deno.writeFile(join(FOLDER, `${name}.wasm`), await assemble(name, text));
  }
}
