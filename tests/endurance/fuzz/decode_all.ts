/**
 * Decodes picture files in a process of its own; prints how many were refused and the most memory that it
 * held, in MiB.
 */

import { readImage } from "../../../pipeline/image/image.ts";
import { peakMemory } from "./peak_memory.ts";

if (import.meta.main) {
  let refused = 0;
  for (const path of Deno.args) await readImage(path).catch(() => refused++);
  const peak = Math.round(peakMemory() / 2 ** 20);
  Deno.stdout.writeSync(new TextEncoder().encode(`${refused} ${peak}`));
}
