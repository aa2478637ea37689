/**
 * Our ways to the masks of faces: the kernel and the CPU path, for the benchmarks that hold them against
 * others.
 */

import { rasterizeRows } from "../../../kernels/cpu/rasterize_rows.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { rasterize, type RasterizeJob } from "../../../kernels/rasterize.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { REGIONS } from "../../../pipeline/face/regions.ts";
import { frontalFace } from "../../fixtures/region_diagram.ts";
import { makePolygons, writePolygons } from "../../../pipeline/face/region_polygons.ts";
import { CELEBA_FRAME, faceRecord, GOLDEN, goldenRecords } from "../../fixtures/golden_segments.ts";

/** Images a batch: a large one for throughput, and one as training draws it. */
const BATCHES = [480, 48] as const;

/** Sizes of the masks. */
export const MASK = { height: 96, width: 76 } as const;

/** One way to the masks: does some work and says how many images and seconds it was. */
export interface MaskContender {
  readonly name: string;
  round(): Promise<{ images: number; seconds: number }>;
}

/** The golden faces if they are there (see `../../contexts/real_data.ts`), otherwise a drawn face that is moved about. */
export async function benchFaces(): Promise<FaceRecord[]> {
  if (GOLDEN) return await goldenRecords(GOLDEN);
  const random = new Random(48);
  return Array.from({ length: 48 }, (_, i) => {
    const [scale, shift] = [0.8 + 0.3 * random.next(), 20 * random.next() - 10];
    const points = frontalFace().map((value) => value * scale + shift);
    return { ...faceRecord(`${i}.jpg`, points), labels: random.integer(2 ** 40) };
  });
}

/** A job of `images` images that repeats the faces. */
function jobOf(faces: readonly FaceRecord[], images: number): RasterizeJob {
  const polygons = makePolygons(images);
  for (let face = 0; face < images; face++) {
    writePolygons(
      (faces[face % faces.length] as FaceRecord).points as Float32Array,
      polygons,
      face,
    );
  }
  return { ...polygons, regions: REGIONS.length, source: CELEBA_FRAME, mask: MASK };
}

function timed(name: string, images: number, work: () => void | Promise<void>): MaskContender {
  return {
    name,
    async round() {
      const start = performance.now();
      await work();
      return { images, seconds: (performance.now() - start) / 1000 };
    },
  };
}

/** The kernel, where there is a device, the CPU path, and what both start from. */
export function ourContenders(faces: readonly FaceRecord[], gpu: Gpu | null): MaskContender[] {
  const contenders: MaskContender[] = [];
  for (const batch of BATCHES) {
    const job = jobOf(faces, batch);
    const repeats = Math.ceil(4800 / batch);
    const bits = new Uint32Array(batch * MASK.height * MASK.width);
    const times = (work: () => void) => () => Array.from({ length: repeats }, work);
    contenders.push(timed(`CPU path, batches of ${batch}`, batch * repeats, () => {
      times(() => void rasterizeRows(job, bits))();
    }));
    if (!gpu) continue;
    const target = gpu.createBuffer(bits.byteLength);
    contenders.push(timed(`kernel, batches of ${batch}`, batch * repeats, async () => {
      times(() => void rasterize(gpu, job, target))();
      await gpu.device.queue.onSubmittedWorkDone();
      gpu.check();
    }));
  }
  const polygons = makePolygons(480);
  contenders.push(timed("placing the polygons", 4800, () => {
    for (let i = 0; i < 4800; i++) {
      const { points } = faces[i % faces.length] as FaceRecord;
      writePolygons(points as Float32Array, polygons, i % 480);
    }
  }));
  return contenders;
}
