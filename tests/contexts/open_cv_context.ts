/** OpenCV in Python as an oracle for tests, where it is installed (`apt-get install python3-opencv`). */

import type { RasterizeJob } from "../../kernels/rasterize.ts";
import { bytesOf, findPython, runPeer, versionIn } from "./python_peer.ts";

/** The Python that has OpenCV, or null. */
const PYTHON: string | null = await findPython("cv2");

/** Whether there is an oracle. */
export const hasOpenCv: boolean = PYTHON !== null;

if (!hasOpenCv) {
  const line = "NO OPENCV: no Python here has cv2, so the comparisons with it are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** Its version, such as `4.6.0`, or null. */
const openCvVersion: string | null = PYTHON && await versionIn(PYTHON, "cv2");

/**
 * Versions whose `fillPoly` draws what the rasteriser draws. Later ones take the slopes of an edge that leaves
 * the image from its clipped ends (opencv/opencv#23076), and 4.8 to 4.10 fill beyond the outline besides
 * (#26130, mended by #26187).
 */
export const FILL_POLY = {
  anywhere: /^4\.[67]\./,
  within: /^(?:4\.(?:[67]|1[12])|5\.0)\./,
} as const;

/**
 * Whether OpenCV is there in a version for which a comparison is known to hold; says so if it is there in
 * another one.
 */
export function isOpenCv(versions: RegExp, comparison: string): boolean {
  if (openCvVersion === null || versions.test(openCvVersion)) return hasOpenCv;
  const line =
    `OPENCV ${openCvVersion}: ${comparison} is SKIPPED, it is known for other versions.\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
  return false;
}

/** As {@linkcode runPeer}, by the Python that has OpenCV. */
export function runOpenCv(
  script: string,
  input: Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer>> {
  return runPeer(PYTHON ?? "python3", script, input);
}

/** Draws a job's polygons with OpenCV at source size and resizes them: u32 [B, h, w]. */
export async function drawWithOpenCv(job: RasterizeJob): Promise<Uint32Array<ArrayBuffer>> {
  const { polygons, counts, regions, source, mask } = job;
  const header = JSON.stringify({
    images: counts.length / regions,
    regions,
    vertices: polygons.length / counts.length / 2,
    source: [source.height, source.width],
    mask: [mask.height, mask.width],
  });
  const output = await runOpenCv("fill_poly.py", [
    new TextEncoder().encode(header + "\n"),
    bytesOf(polygons),
    bytesOf(counts),
  ]);
  return new Uint32Array(output.slice().buffer);
}
