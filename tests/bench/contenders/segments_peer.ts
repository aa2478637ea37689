/** OpenCV's ways to the masks of faces, in Python. */

import { join } from "node:path";
import { ATTRIBUTES, hasAttribute } from "../../../pipeline/face/attributes.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { ATTRIBUTE_REGIONS, REGIONS } from "../../../pipeline/face/regions.ts";
import { MAX_CORNERS, polygonsOf } from "../../../pipeline/face/region_polygons.ts";
import { CELEBA_FRAME } from "../../fixtures/golden_segments.ts";
import { peerArguments } from "../../contexts/python_peer.ts";
import { MASK, type MaskContender } from "./segments_contenders.ts";

/** A way of `peers/segments_opencv.py`. */
export interface MaskPeer {
  readonly name: string;
  readonly way: "regions" | "attributes" | "reference";
  /** How often it takes all faces in a round. */
  readonly repeats: number;
}

/** Starts a way. Dispose it to end its process. */
export async function openCvMasks(
  python: string,
  { name, way, repeats }: MaskPeer,
  faces: readonly FaceRecord[],
  folder: string,
): Promise<MaskContender & AsyncDisposable> {
  const file = join(folder, `${way}.json`);
  await Deno.writeTextFile(file, facesJson(faces, repeats));
  return openCvContender(name, python, [file, way, folder], faces.length * repeats);
}

/** A Python process that answers every line with the seconds of a round. */
function openCvContender(
  name: string,
  python: string,
  args: readonly string[],
  images: number,
): MaskContender & AsyncDisposable {
  const process = new Deno.Command(python, {
    args: [...peerArguments("segments_opencv.py"), ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = process.stdin.getWriter();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    name,
    async round() {
      await input.write(new TextEncoder().encode("go\n"));
      let line = "";
      while (!line.endsWith("\n")) {
        const { value, done } = await output.read();
        if (done) throw new Error(`${name}: the Python process ended.`);
        line += value;
      }
      return { images, seconds: Number(line) };
    },
    async [Symbol.asyncDispose]() {
      await input.close();
      await process.status;
      await output.cancel();
    },
  };
}

function facesJson(faces: readonly FaceRecord[], repeats: number): string {
  const all = faces.map((record) => {
    const { polygons, counts } = polygonsOf(record.points as Float32Array);
    return {
      labels: ATTRIBUTES.map((_, column) => Number(hasAttribute(record.labels ?? 0, column))),
      polygons: Array.from(counts, (count, slot) => {
        const at = slot * MAX_CORNERS * 2;
        return Array.from(
          { length: count },
          (_, i) => [...polygons.subarray(at + 2 * i, at + 2 * i + 2)],
        );
      }),
    };
  });
  return JSON.stringify({
    source: [CELEBA_FRAME.height, CELEBA_FRAME.width],
    mask: [MASK.height, MASK.width],
    names: ATTRIBUTES,
    table: ATTRIBUTES.map((name) =>
      ATTRIBUTE_REGIONS[name].map((region) => REGIONS.indexOf(region))
    ),
    faces: Array.from({ length: repeats }, () => all).flat(),
  });
}
