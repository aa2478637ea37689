/**
 * The short forms of `deno task endure soak`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { FaceRecord } from "../../pipeline/face/record.ts";
import {
  type FaceRequest,
  type Landmarker,
  landmarks,
  openJournal,
} from "../../pipeline/landmarks.ts";
import type { Stage } from "../../pipeline/streams/to_stream.ts";
import { repeatSample } from "./repeated_sample.ts";
import { curveText, faultsOf, type FlatLimits, MemoryCurve } from "./soak/memory_curve.ts";
import { passRecords } from "./soak/records.ts";
import { inOwnProcess } from "../processes/own_process.ts";
import { inFolder, pointsFrom, recordOf } from "../fixtures/face_records.ts";
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
    const module = import.meta.resolve("./soak/records.ts");
    const { images, rejected, readings } = await inOwnProcess<typeof passRecords>(
      ...[module, "passRecords", pass] as const,
    );
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

/** Finds a face in nine of ten images, and no time is lost with looking. */
function startLandmarker(): Landmarker {
  const box = { x: 1, y: 1, width: 50, height: 50 };
  const found = ({ path }: FaceRequest) =>
    path.endsWith("0")
      ? { size: null, rejected: "no face found" }
      : { size: [89, 109] as const, faces: [{ box, points: pointsFrom(1), turn: 0 as const }] };
  return {
    ready: Promise.resolve(),
    answer: (requests) => Promise.resolve(requests.map(found)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

Deno.test("landmarks keeps none of the records that it has handed on", () =>
  inFolder(async (folder) => {
    const [count, every, kept] = [4000, 1000, [] as FaceRecord[]];
    const seen: WeakRef<FaceRecord>[] = [];
    const curve = new MemoryCurve(() => ({ alive: seen.filter((ref) => ref.deref()).length }));
    async function* source() {
      for (let i = 0; i < count; i++) {
        const record = recordOf(`${i}`);
        seen.push(new WeakRef(record));
        yield record;
      }
    }
    await using journal = await openJournal(join(folder, "faces.csv"), {});
    const find = landmarks({ workers: 2, startLandmarker });
    let done = 0;
    for await (const record of journal.write(find(journal.resume(source())))) {
      seen.push(new WeakRef(record));
      if (done >= 3 * every) kept.push(record);
      if (++done % every !== 0) continue;
      // A new WeakRef holds its record until the next task.
      await new Promise((resolve) => setTimeout(resolve, 0));
      curve.read(done);
    }
    // 64 records are under way, before or after their answers; those that this test keeps are seen.
    const alive = curve.readings.map(({ counts }) => counts["alive"]!);
    assert.ok(alive.slice(0, 3).every((records) => records < 200), `${alive} records`);
    assert.ok(alive[3]! >= every && kept.length === every, `${alive} records`);
  }));
