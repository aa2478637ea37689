/**
 * The short forms of `deno task endure soak`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { FaceRecord, Stage } from "../pipeline/record.ts";
import { type RepeatedSample, repeatSample } from "./endurance/repeated_sample.ts";
import { curveText, faultsOf, type FlatLimits } from "./endurance/soak/memory_curve.ts";
import { passRecords, type PassResult } from "./endurance/soak/records.ts";
import { inFolder } from "./face_records.ts";
import { hasGpu } from "./gpu_test_context.ts";

const RECORDS = 1500;
/**
 * So few records hide in the moods of an allocator, and code is still being compiled: objects tell
 * 1 kB a record from the 150 bytes that were measured, the whole process only has an upper bound.
 */
const LIMITS: FlatLimits = { heldGrowth: 500, residentGrowth: Infinity, slack: 96 * 2 ** 20 };

function pass(
  sample: RepeatedSample,
  between: Stage<FaceRecord, FaceRecord> | null = null,
): Promise<PassResult> {
  return passRecords({
    ...{ sample, count: RECORDS, from: between ? "csv" : "pts", onGpu: hasGpu && !between },
    ...{ format: between ? "none" : "bits", out: join(sample.dataset, "out"), readings: 30 },
    ...(between && { between }),
  });
}

Deno.test("records go through decode, import and segments with flat memory", () =>
  inFolder(async (folder) => {
    const { images, rejected, readings } = await pass(await repeatSample(folder, RECORDS));
    assert.deepEqual([images, rejected], [RECORDS, 0]);
    assert.deepEqual(faultsOf(readings, LIMITS), [], curveText(readings));
  }));

Deno.test("a stage that leaks 1 kB a record is seen", () =>
  inFolder(async (folder) => {
    const kept: Uint8Array[] = [];
    const leak: Stage<FaceRecord, FaceRecord> = async function* (source) {
      for await (const record of source) {
        kept.push(new Uint8Array(1000));
        yield record;
      }
    };
    const { readings } = await pass(await repeatSample(folder, RECORDS), leak);
    const [fault] = faultsOf(readings, LIMITS);
    assert.match(fault ?? "", /^held grows by 1\d\d\d bytes/, curveText(readings));
    assert.equal(kept.length, RECORDS);
  }));
