import assert from "node:assert/strict";
import {
  curveText,
  faultsOf,
  type FlatLimits,
  growthOf,
  type Reading,
} from "./soak/memory_curve.ts";
import { Random } from "../../pipeline/numbers/random.ts";

const MIB = 2 ** 20;
const LIMITS: FlatLimits = { heldGrowth: 20, residentGrowth: 256, slack: 64 * MIB };

/** Readings of 100,000 records, with an allocator's noise. */
function readings(change: (at: number) => Partial<Reading> = () => ({})): Reading[] {
  const random = new Random(64);
  return Array.from({ length: 100 }, (_, i) => {
    const at = 1000 * (i + 1);
    const resident = 200 * MIB + random.integer(20 * MIB);
    const held = 30 * MIB + random.integer(MIB / 4);
    return { at, peak: resident + 20 * MIB, resident, held, counts: { buffers: 7 }, ...change(at) };
  });
}

Deno.test("faultsOf() finds nothing wrong with flat memory, whatever the start was", () => {
  assert.deepEqual(faultsOf(readings(), LIMITS), []);
  const warming = (at: number) => at > 15_000 ? {} : { held: 0, peak: 0, counts: {} };
  assert.deepEqual(faultsOf(readings(warming), LIMITS), []);
  const outlier = (at: number) => at === 50_000 ? { held: 300 * MIB, resident: 250 * MIB } : {};
  assert.deepEqual(faultsOf(readings(outlier), LIMITS), []);
});

Deno.test("faultsOf() sees a leak of 1 kB a record, a peak and a count that changes", () => {
  const faults = (change: (at: number) => Partial<Reading>) => faultsOf(readings(change), LIMITS);
  assert.match(
    faults((at) => ({ held: 30 * MIB + 1000 * at })).join(),
    /^held grows by 1000 bytes/,
  );
  const [resident] = faults((at) => ({ resident: 200 * MIB + 1000 * at }));
  assert.match(resident!, /^resident grows by 1000 bytes each time, more than 256$/);
  const peaks = faults((at) => ({ peak: (at === 70_000 ? 300 : 200) * MIB }));
  assert.deepEqual(peaks, ["at 70000 the process is 100.0 MiB larger than at 20000"]);
  const counts = faults((at) => ({ counts: { buffers: at === 100_000 ? 8 : 7 } }));
  assert.deepEqual(counts, ["buffers is 8 at 100000, and was 7 at 20000"]);
});

Deno.test("growthOf() is the slope once the work is warm, and needs four readings", () => {
  const curve = readings((at) => ({ held: at < 20_000 ? 1e9 : 3 * at }));
  assert.equal(growthOf(curve, "held"), 3);
  assert.match(curveText(curve), /^ +51000 +\d+\.\d +\d+\.\d +0\.1 {2}\{"buffers":7\}$/m);
  assert.throws(() => growthOf(curve.slice(0, 3), "held"), RangeError);
});
