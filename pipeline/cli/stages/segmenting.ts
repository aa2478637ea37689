/** What `segments` and `pipeline` do alike: masks drawn, measured and written, with progress. */

import { WriteError } from "../../files/write_file.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { ExportSummary, Extent, MaskFormat } from "../../segments.ts";
import type { CommonValues, Context } from "../command.ts";
import { tellCounts } from "./face_counts.ts";

interface SegmentsJob {
  readonly records: AsyncIterable<FaceRecord>;
  readonly frame: Extent;
  readonly mask: Extent;
  /** `overlay` writes no masks, but the faces with their regions drawn over them. */
  readonly format: MaskFormat | "overlay";
  readonly out: string;
  readonly backend: CommonValues["backend"];
}

/** Draws and writes; says how many masks of positive labels are empty. */
export async function runSegments(
  { records, frame, mask, format, out, backend }: SegmentsJob,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<ExportSummary> {
  const { exportSegments, OverlayWriter, segments } = await import("../../segments.ts");
  using gpu = await openGpu(backend);
  const left = terminal.lister("faces have no masks");
  const onProgress = terminal.progress("segments", "faces");
  const overlays = format === "overlay" ? new OverlayWriter({ out }) : null;
  const drawn = segments({ frame, mask, gpu, signal })(records);
  const heard = (async function* () {
    for await (const face of drawn) {
      if (face.record.rejected !== null && face.record.points !== null) {
        left.add(`${face.record.image}: ${face.record.rejected}`);
      }
      await overlays?.add(face.record).catch((error) => {
        // A bad image is left out; a full disk ends the run.
        if (error instanceof WriteError) throw error;
        left.add(String(error.message));
      });
      yield face;
    }
  })();
  const summary = await exportSegments({
    out,
    mask,
    format: format === "overlay" ? "none" : format,
    signal,
    onProgress,
  })(heard);
  await overlays?.finish();
  terminal.finish();
  left.end();
  const { emptyMasks } = summary;
  terminal.note(
    `${summary.images} faces drawn; positive labels with an empty mask: ${emptyMasks}` +
      (emptyMasks > 0 ? ` (see ${summary.emptyMasksFile})` : ""),
  );
  tellCounts([summary.count], terminal);
  return summary;
}

/** The GPU that draws, or null for the CPU, which a software adapter only imitates. */
async function openGpu(backend: CommonValues["backend"]) {
  if (backend === "wasm") return null;
  const { Gpu } = await import("../../../kernels/webgpu/gpu.ts");
  const gpu = await Gpu.open();
  if (gpu === null && backend === "webgpu") {
    throw new Error("There is no WebGPU adapter (doctor says how to get one); use --backend wasm");
  }
  if (gpu?.isFallback && backend === "auto") {
    gpu[Symbol.dispose]();
    return null;
  }
  return gpu;
}
