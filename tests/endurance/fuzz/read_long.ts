/**
 * Reads endless files in a process of its own, each by the target of its format; prints what was said of each
 * as JSON, and the most memory that the process held, in MiB.
 */

import { TARGETS } from "./cases.ts";
import { peakMemory } from "./peak_memory.ts";

if (import.meta.main) {
  const said: Record<string, string> = {};
  for (const argument of Deno.args) {
    const [format, path] = argument.split("=") as [string, string];
    await TARGETS[format]!.read(path, "").then(
      () => said[argument] = "it was read",
      (error) => said[argument] = String(error),
    );
  }
  const line = JSON.stringify({ said, peak: Math.round(peakMemory() / 2 ** 20) });
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
