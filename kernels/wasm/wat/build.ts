/**
 * `deno task wat`: makes every `kernels/wasm/binaries/NAME.wasm` of the text that `NAME.ts` writes, or of
 * `NAME.wat`. The binaries are kept with their sources, so that nobody needs the assembler to run the
 * program.
 */

import { join } from "node:path";
import wabt from "wabt";
import { addText } from "./add.ts";
import { adamWStepText } from "./adamw_step.ts";
import { batchNormText } from "./batch_norm.ts";
import { conv2dText } from "./conv2d.ts";
import { denseText } from "./dense.ts";
import { halveText } from "./halve.ts";
import { jointLossText } from "./joint_loss.ts";
import { jpegText } from "./jpeg.ts";
import { maxPoolText } from "./max_pool.ts";
import { sgdStepText } from "./sgd_step.ts";
import { squareSumsText } from "./square_sums.ts";
import { stridedCopyText } from "./strided_copy.ts";
import { winogradText } from "./winograd.ts";

const FOLDER = import.meta.dirname ?? ".";
const BINARIES = join(FOLDER, "..", "binaries");

/** What the texts use beyond the first version of WebAssembly. */
const FEATURES = { simd: true, threads: true, relaxed_simd: true, bulk_memory: true };

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
  adamw_step: adamWStepText,
  add: addText,
  batch_norm: batchNormText,
  conv2d: conv2dText,
  dense: denseText,
  halve: halveText,
  joint_loss: jointLossText,
  jpeg: jpegText,
  max_pool: maxPoolText,
  sgd_step: sgdStepText,
  square_sums: squareSumsText,
  strided_copy: stridedCopyText,
  tree_cascade: await Deno.readTextFile(join(FOLDER, "tree_cascade.wat")),
  winograd: winogradText,
};

if (import.meta.main) {
  for (const [name, text] of Object.entries(TEXTS)) {
    await Deno.writeFile(join(BINARIES, `${name}.wasm`), await assemble(name, text));
  }
}
