/** Records without end through decode → import of landmarks → segments, by streams. */

import { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { openDataset } from "../../../pipeline/dataset.ts";
import { loadFaces } from "../../../pipeline/face/faces.ts";
import { PictureReader } from "../../../pipeline/image/reading/picture_reader.ts";
import { importLandmarks } from "../../../pipeline/landmarks.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { type Stage, toStream } from "../../../pipeline/streams/to_stream.ts";
import {
  exportSegments,
  type ExportSummary,
  type MaskFormat,
  segments,
} from "../../../pipeline/segments.ts";
import type { RepeatedSample } from "../repeated_sample.ts";
import { MemoryCurve, type Reading } from "./memory_curve.ts";
import { wasmBytes } from "./wasm_memories.ts";

/** What goes through. */
interface RecordsPass {
  readonly sample: RepeatedSample;
  /** How many records there are. */
  readonly count: number;
  /** What the landmarks are imported from. */
  readonly from: "csv" | "pts";
  readonly format: MaskFormat;
  /** Whether masks are drawn on the GPU. */
  readonly onGpu: boolean;
  /** The folder for the masks. */
  readonly out: string;
  /** Readings on the way. */
  readonly readings: number;
  /** Comes between import and segments: a stage that leaks, to see that it is seen. */
  readonly between?: Stage<FaceRecord, FaceRecord>;
}

/** What came of it. */
interface PassResult extends ExportSummary {
  readonly readings: readonly Reading[];
  /** Seconds, those for garbage and the import included. */
  readonly seconds: number;
}

const FRAME = { height: 218, width: 178 };
const MASK = { height: 41, width: 31 };
/** Not by as many as fit on the device, so that a short pass has several. */
const BATCH = 64;

/** Reads every image and gives the record its size; records of unreadable ones would be missing. */
const decode: Stage<FaceRecord, FaceRecord> = async function* (source) {
  const reject = (record: FaceRecord, reason: string) => {
    throw new Error(`${record.image} cannot be read: ${reason}`);
  };
  // Of few pictures under way, so that what is held on the way tells little from little.
  await using reader = new PictureReader({ workers: 1 });
  for await (
    const { record } of loadFaces(source, PRESETS.lite.network.input, reject, { reader })
  ) {
    yield record;
  }
};

/** Sends all records through and reads what is held on the way. */
export async function passRecords(pass: RecordsPass): Promise<PassResult> {
  const { sample, count, out, format, between = (records) => records } = pass;
  const started = performance.now();
  using gpu = pass.onGpu ? await Gpu.open() : null;
  if (pass.onGpu && !gpu) throw new Error("There is no WebGPU adapter");
  const curve = new MemoryCurve(() => ({
    wasmBytes: wasmBytes(),
    ...(gpu ? { liveBuffers: gpu.liveBuffers } : {}),
  }));
  const every = Math.ceil(count / pass.readings);
  const dataset = await openDataset(sample.dataset);
  const faces = ReadableStream.from(dataset.records())
    .pipeThrough(toStream(decode))
    .pipeThrough(toStream(importLandmarks(sample[pass.from])))
    .pipeThrough(toStream(between))
    .pipeThrough(toStream(segments({ frame: FRAME, mask: MASK, gpu, batch: BATCH })));
  const onProgress = (done: number) => {
    if (done % every === 0 || done === 1) curve.read(done);
  };
  const write = exportSegments({ out, mask: MASK, format, onProgress });
  const summary = await write(faces);
  const seconds = (performance.now() - started) / 1000;
  return { ...summary, readings: curve.readings, seconds };
}
