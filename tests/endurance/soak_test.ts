/**
 * The short forms of `deno task endure soak`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { FaceRecord } from "../../pipeline/face/record.ts";
import type { Stage } from "../../pipeline/streams/to_stream.ts";
import { repeatSample } from "./repeated_sample.ts";
import { curveText, faultsOf, type FlatLimits } from "./soak/memory_curve.ts";
import { passRecords } from "./soak/records.ts";
import { inFolder } from "../fixtures/face_records.ts";
import { hasGpu } from "../contexts/gpu_test_context.ts";

/**
 * Records are so few that an allocator's moods are more, and code is still being compiled: objects tell
 * 1 kB a record from the 100 bytes or so that were measured, the whole process only has an upper bound.
 */
const LIMITS: FlatLimits = { heldGrowth: 500, residentGrowth: Infinity, slack: 96 * 2 ** 20 };

Deno.test("records go through decode, import and segments with flat memory", () =>
  inFolder(async (folder) => {
    const [count, from, format] = [1200, "pts", "bits"] as const;
    const sample = await repeatSample(folder, count);
    const out = join(folder, "masks");
    const pass = { sample, count, from, format, onGpu: hasGpu, out, readings: 20 };
    const { images, rejected, readings } = await passRecords(pass);
    assert.deepEqual([images, rejected], [count, 0]);
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
    const [count, from, format] = [1000, "csv", "none"] as const;
    const sample = await repeatSample(folder, count);
    const out = join(folder, "masks");
    const pass = { sample, count, from, format, onGpu: false, out, readings: 20, between: leak };
    const { readings } = await passRecords(pass);
    const [fault] = faultsOf(readings, LIMITS);
    assert.match(fault ?? "", /^held grows by (?:[789]|1\d)\d\d bytes/, curveText(readings));
    assert.equal(kept.length, count);
  }));
