/** Pillow in Python as an oracle for pictures, where it is installed (`apt-get install python3-pil`). */

import { findPython, runPeer } from "./python_peer.ts";

const PYTHON: string | null = await findPython("PIL");

/** Whether there is an oracle. */
export const hasPillow: boolean = PYTHON !== null;

if (!hasPillow) {
  const line = "NO PILLOW: no Python here has PIL, so the comparisons with it are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** The RGB pixels of picture files, upright and over white, one after the other. */
export function readWithPillow(files: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  const sizes = JSON.stringify(files.map(({ length }) => length)) + "\n";
  return runPeer(PYTHON ?? "python3", "decode_pillow.py", [
    new TextEncoder().encode(sizes),
    ...files,
  ]);
}
