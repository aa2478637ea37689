/**
 * What `--backend auto` stands for on a machine, and which kernels convolve there, as far as is known
 * without measuring.
 */

import type { BackendMeasurement } from "../compute/backend_measurements.ts";
import type { Adapter } from "./adapter.ts";

/** What `--backend auto` takes, and where a measurement of it is kept. */
export interface Choice {
  /** Null where it has yet to be measured. */
  readonly backend: "webgpu" | "wasm" | null;
  readonly reason: string;
  /** The file; null where the environment names no folder for it. */
  readonly file: string | null;
}

/** As `chooseBackend` chooses: by what was measured last, which may be another for another network. */
export async function examineChoice(adapter: Adapter | null): Promise<Choice> {
  const { measurementPath, readMeasurement } = await import("../compute/backend_measurements.ts");
  const file = measurementPath();
  if (!adapter) return { backend: "wasm", reason: "there is no adapter", file };
  const measured = await readMeasurement({ adapter: adapter.name });
  if (measured) return { ...await measuredChoice(measured, adapter), file };
  const backend = adapter.isSoftware ? null : "webgpu";
  return { backend, reason: `${kindOf(adapter)}; the first training measures it`, file };
}

async function measuredChoice(
  measured: BackendMeasurement,
  adapter: Adapter,
): Promise<Pick<Choice, "backend" | "reason">> {
  const { fasterBackend, secondsText } = await import("../compute/backend_choice.ts");
  const { network, batch, seconds } = measured;
  const times = Object.entries(seconds).map(([name, time]) => `${name} ${secondsText(time)}`);
  const step = `a training step of ${batch} images (${network})`;
  return {
    backend: fasterBackend(measured, adapter.isSoftware),
    reason: `${kindOf(adapter)}; ${step} takes ${times.join(", ")}`,
  };
}

function kindOf({ isSoftware }: Adapter): string {
  return isSoftware ? "software adapter" : "hardware adapter";
}

/** As `tuneKernels` tunes. */
export async function examineKernels(adapter: Adapter | null): Promise<string> {
  if (!adapter) return "none: there is no adapter";
  if (adapter.isSoftware) return "register tiles (software adapter)";
  const { choicesText, keptChoices } = await import("../compute/kernel_choices.ts");
  return choicesText(await keptChoices(adapter).read());
}
