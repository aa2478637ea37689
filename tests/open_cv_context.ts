/**
 * OpenCV in Python as an oracle for tests, where it is installed (`apt-get install python3-opencv`).
 *
 * @module
 */

import assert from "node:assert/strict";
import type { RasterizeJob } from "../kernels/rasterize.ts";

/** The Python that has OpenCV, or null. */
const PYTHON: string | null = await findPythonWithOpenCv();

/** Whether there is an oracle. */
export const hasOpenCv: boolean = PYTHON !== null;

if (!hasOpenCv) {
  const line = "NO OPENCV: no Python here imports cv2, so the comparisons with it are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/**
 * Runs one of the peer scripts.
 *
 * @param name file name in `tests/peers/`
 * @returns What the script wrote to standard output.
 */
export async function runPeer(
  name: string,
  input: Uint8Array<ArrayBuffer>[],
  args: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const script = new URL(`./peers/${name}`, import.meta.url).pathname;
  const command = new Deno.Command(PYTHON ?? "python3", {
    args: [script, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  await using process = command.spawn();
  const [, output] = await Promise.all([
    ReadableStream.from(input).pipeTo(process.stdin),
    process.output(),
  ]);
  assert(output.success, `${name} failed: ${new TextDecoder().decode(output.stderr)}`);
  return output.stdout;
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
  const output = await runPeer("fill_poly.py", [
    new TextEncoder().encode(header + "\n"),
    new Uint8Array(polygons.buffer, polygons.byteOffset, polygons.byteLength),
    new Uint8Array(counts.buffer, counts.byteOffset, counts.byteLength),
  ]);
  return new Uint32Array(output.slice().buffer);
}

/** A Python that imports cv2, or null. */
export async function findPythonWithOpenCv(): Promise<string | null> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const command = new Deno.Command(python, {
        args: ["-c", "import cv2"],
        stdout: "null",
        stderr: "null",
      });
      if ((await command.output()).success) return python;
    } catch (error) {
      const absent = error instanceof Deno.errors.NotFound;
      if (!absent && !(error instanceof Deno.errors.NotCapable)) throw error;
    }
  }
  return null;
}
