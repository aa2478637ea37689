/** What a process holds while it works, and whether that stays flat. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is held at one moment. */
export interface Reading {
  /** How much was done by then: records, steps. */
  readonly at: number;
  /** Bytes of the whole process before garbage was collected. */
  readonly peak: number;
  /** Bytes of the whole process without garbage. */
  readonly resident: number;
  /** Bytes of JavaScript's objects and array buffers without garbage. */
  readonly held: number;
  /** What must be the same at any moment: tensors, buffers on the device, bytes of wasm memories. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What may be held. */
export interface FlatLimits {
  /** Bytes of objects and array buffers that each record or step may leave behind. */
  readonly heldGrowth: number;
  /** The same of the whole process, which also has an allocator's and a compiler's moods. */
  readonly residentGrowth: number;
  /** Bytes by which the process may at any time be larger than when it was warm. */
  readonly slack: number;
}

/** The part of the work that makes all buffers and compiles all code. */
const WARM_UP = 0.2;

/** Readings while work goes on. */
export class MemoryCurve {
  readonly readings: Reading[] = [];
  readonly #counts: () => Record<string, number>;

  /** @param counts Counts what must not change. */
  constructor(counts: () => Record<string, number> = () => ({})) {
    this.#counts = counts;
  }

  /** Reads what is held now, without its garbage. */
  read(at: number): void {
    const peak = Deno.memoryUsage().rss;
    // What finalisers release goes at the second time.
    for (let time = 0; time < 2; time++) collectGarbage();
    const { rss: resident, heapUsed, external } = Deno.memoryUsage();
    this.readings.push({ at, peak, resident, held: heapUsed + external, counts: this.#counts() });
  }
}

/**
 * Bytes by which a quantity grows each record or step once the work is warm: the median of the slopes
 * between all pairs of readings (Theil and Sen), which a few outliers do not move.
 *
 * @throws {RangeError} If there are fewer than four readings.
 */
export function growthOf(readings: readonly Reading[], quantity: "held" | "resident"): number {
  const warm = warmReadings(readings);
  if (warm.length < 4) throw new RangeError(`Cannot judge ${warm.length} readings: 4 are needed`);
  const slopes = warm.flatMap((a, i) =>
    warm.slice(i + 1).map((b) => (b[quantity] - a[quantity]) / (b.at - a.at))
  );
  return slopes.sort((a, b) => a - b)[slopes.length >> 1] as number;
}

function warmReadings(readings: readonly Reading[]): readonly Reading[] {
  const end = readings.at(-1)?.at ?? 0;
  return readings.filter(({ at }) => at >= WARM_UP * end);
}

/**
 * What is wrong with readings, a sentence for each fault; none if memory is flat: nothing grows by more
 * than the limits, and no count changes.
 */
export function faultsOf(readings: readonly Reading[], limits: FlatLimits): string[] {
  const faults: string[] = [];
  const warm = warmReadings(readings);
  for (const quantity of ["held", "resident"] as const) {
    const [growth, limit] = [growthOf(readings, quantity), limits[`${quantity}Growth`]];
    if (growth <= limit) continue;
    faults.push(`${quantity} grows by ${growth.toFixed(0)} bytes each time, more than ${limit}`);
  }
  const [first] = warm as [Reading];
  for (const { at, peak, counts } of warm) {
    const more = peak - first.peak;
    if (more > limits.slack) {
      faults.push(`at ${at} the process is ${mebibytes(more)} MiB larger than at ${first.at}`);
    }
    for (const [name, count] of Object.entries(counts)) {
      if (count === first.counts[name]) continue;
      faults.push(`${name} is ${count} at ${at}, and was ${first.counts[name]} at ${first.at}`);
    }
  }
  return faults;
}

/** The curve in words: at the start, after a quarter, after a half, and at the end. */
export function curveText(readings: readonly Reading[]): string {
  const last = readings.length - 1;
  const lines = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const { at, peak, resident, held, counts } = readings[Math.round(part * last)] as Reading;
    const sizes = [peak, resident, held].map((bytes) => mebibytes(bytes).padStart(8));
    return `${String(at).padStart(8)}${sizes.join("")}  ${JSON.stringify(counts)}`;
  });
  const growth = (["resident", "held"] as const).map((quantity) =>
    `${quantity} ${growthOf(readings, quantity).toFixed(1)}`
  );
  return [
    "      at    peak  resident  held (MiB)",
    ...lines,
    `bytes each time once warm: ${growth.join(", ")}`,
  ].join("\n");
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
