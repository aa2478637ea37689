/** How fast each backend trained a network on this machine, as measured before and kept in a file. */

import type { BackendName } from "./backend.ts";
import { cachePath, readCached, writeCached } from "../files/cache_folder.ts";
import type { NetworkConfig } from "../network/network.ts";

export interface BackendMeasurement {
  /** The adapter's name; see {@linkcode adapterName}. */
  readonly adapter: string;
  /** The network's sizes; see {@linkcode networkName}. */
  readonly network: string;
  /** Images a batch. */
  readonly batch: number;
  /** Threads on wasm; absent for the default number. */
  readonly threads?: number | undefined;
  /** The version of the backends; see {@linkcode KERNELS}. */
  readonly kernels: number;
  /** Seconds of one training step. */
  readonly seconds: Readonly<Record<BackendName, number>>;
}

/** Version of the backends: when one becomes faster, earlier measurements no longer count. */
export const KERNELS = 6;

/** An adapter's name for a person. */
export function adapterName(
  { description, device, vendor }: Pick<GPUAdapterInfo, "description" | "device" | "vendor">,
): string {
  return description || device || vendor || "an adapter without a name";
}

/** `plain 109x89, widths 8-24-40-64-64, masks shared`: all that decides how long a step takes. */
export function networkName({ architecture, input, widths, maskHead }: NetworkConfig): string {
  const { height, width } = input;
  return `${architecture} ${height}x${width}, widths ${widths.join("-")}, masks ${maskHead}`;
}

const KIND = "backend-choice";

/** Where measurements are kept, or null where the environment names no folder for such files. */
export function measurementPath(): string | null {
  return cachePath("backend.json");
}

/** The last measurement on an adapter with so many threads, of a network and a batch if given. */
export async function readMeasurement(
  wanted: Pick<BackendMeasurement, "adapter"> & Partial<BackendMeasurement>,
): Promise<BackendMeasurement | null> {
  const { adapter, network, batch, threads } = wanted;
  const fits = (measured: BackendMeasurement) =>
    measured.adapter === adapter && measured.threads === threads &&
    (network === undefined || measured.network === network) &&
    (batch === undefined || measured.batch === batch);
  return (await readMeasurements()).findLast(fits) ?? null;
}

/** Keeps a measurement, replacing an older one of the same work. */
export async function writeMeasurement(measured: BackendMeasurement): Promise<void> {
  const tells = ["adapter", "network", "batch", "threads"] as const;
  const others = (await readMeasurements()).filter((other) =>
    tells.some((key) => other[key] !== measured[key])
  );
  await writeCached(KIND, measurementPath(), { measurements: [...others, measured] });
}

/** All measurements of these backends, the oldest first. */
async function readMeasurements(): Promise<BackendMeasurement[]> {
  const { measurements } = await readCached(KIND, measurementPath());
  return Array.isArray(measurements) ? measurements.filter(isMeasurement) : [];
}

function isMeasurement(value: BackendMeasurement | null | undefined): value is BackendMeasurement {
  return value?.kernels === KERNELS && typeof value.network === "string" &&
    typeof value.batch === "number" && isTime(value.seconds?.webgpu) && isTime(value.seconds?.wasm);
}

/** Whether a value of the file is a time that was measured, in seconds. */
function isTime(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
