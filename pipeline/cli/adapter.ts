/** The WebGPU adapter as the command line speaks of it; it loads neither tfjs nor the kernels. */

import { adapterName } from "../compute/backend_measurements.ts";

export interface Adapter {
  /** Its name and, for a software adapter, its driver: `llvmpipe (LLVM 15.0.6, 512 bits)`. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits that decide what the kernels can do. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** Asks for the best adapter, or null where there is none. */
export async function findAdapter(): Promise<Adapter | null> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return null;
  const { description, device, vendor, architecture, isFallbackAdapter } = adapter.info;
  return {
    name: adapterName(adapter.info),
    vendor,
    architecture,
    device,
    description,
    isSoftware: isFallbackAdapter,
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  };
}

/** An adapter in a few words: `the software adapter llvmpipe (LLVM 15.0.6, 512 bits)`. */
export function describeAdapter({ name, isSoftware }: Adapter): string {
  return `the ${isSoftware ? "software" : "hardware"} adapter ${name}`;
}
