/** The adapter, as `doctor` finds it, and its driver, of which WebGPU says nothing. */

import { outcomeOf, taskCommand } from "../../../processes/task_command.ts";
import type { Diagnosis } from "../../../../pipeline/cli/doctor.ts";
import type { Part } from "./part.ts";
import type { AdapterFacts } from "../results.ts";

/** Tools that name the driver, each with what finds it in their answer. */
const DRIVER_TOOLS = [
  {
    program: "nvidia-smi",
    args: ["--query-gpu=driver_version,memory.total", "--format=csv,noheader"],
    find: (out: string) => out.split("\n").slice(0, 1),
  },
  {
    program: "vulkaninfo",
    args: ["--summary"],
    find: (out: string) =>
      [...out.matchAll(/^\s*driver(?:Name|Info)\s*=\s*(.+)$/gm)].map(([, value]) => value!.trim()),
  },
] as const;

/** What the first tool that is there says; null where none is. */
async function driverText(signal: AbortSignal): Promise<string | null> {
  for (const { program, args, find } of DRIVER_TOOLS) {
    const stdio = { stdout: "piped", stderr: "null" } as const;
    try {
      const command = new Deno.Command(program, { args: [...args], signal, ...stdio });
      const { success, stdout } = await command.output();
      const found = success ? find(new TextDecoder().decode(stdout)).join(", ") : "";
      if (found !== "") return `${found} (${program})`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/** Adapter and driver. */
export const ADAPTER: Part = {
  name: "adapter",
  limit: 20,
  async run({ results, print, signal }) {
    const { out, err } = await outcomeOf(taskCommand("doctor", ["--json"], {}, "null", signal));
    if (out === "") throw new Error(`doctor says nothing: ${err.trim().split("\n").at(-1)}`);
    const { adapter, deno, platform, processors }: Diagnosis = JSON.parse(out);
    if (!adapter) {
      throw new Error("there is no WebGPU adapter (`deno task doctor` tells how to get one)");
    }
    const driver = await driverText(signal);
    results.adapter = { ...adapter, driver, deno, platform, processors };
    for (const line of adapterLines(results.adapter)) print(line);
  },
};

/** The adapter in a few lines. */
function adapterLines(facts: AdapterFacts): string[] {
  const { name, vendor, architecture, device, isSoftware, driver, features, limits } = facts;
  const kind = isSoftware ? "software" : "hardware";
  return [
    `${name} (${kind}; vendor ${vendor || "?"}, architecture ${architecture || "?"}, device ${
      device || "?"
    })`,
    `  driver: ${driver ?? "not known: no nvidia-smi or vulkaninfo"}`,
    `  Deno ${facts.deno}, ${facts.platform}, ${facts.processors} processors`,
    `  features: ${features.join(", ")}`,
    ...Object.entries(limits).map(([limit, value]) => `  ${limit}: ${value}`),
  ];
}
