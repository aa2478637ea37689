/**
 * Faces a second: our kernel, our CPU path, tight OpenCV loops, and the reference's way in Python, on
 * the same polygons (218 x 178 seen at 96 x 76). All run alternately; medians are printed.
 *
 * Ours give 14 region bits a pixel, all that the loss needs of 40 masks. The tight loops give 40
 * masks, or the 14 masks of the regions, OpenCV's cheapest way to the same; the reference writes 40
 * PNG files a face. All start from polygons; placing them is a row of its own.
 *
 * Needs python3 with OpenCV for the comparison. Takes the golden faces if they are there (see
 * `../real_data.ts`), otherwise a drawn face that is moved about.
 *
 * @module
 */

import "../../pipeline/cli/environment.ts";
import { join } from "node:path";
import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import { Gpu } from "../../kernels/gpu.ts";
import { rasterize } from "../../kernels/rasterize.ts";
import { ATTRIBUTES, hasAttribute } from "../../pipeline/attributes.ts";
import { Random } from "../../pipeline/random.ts";
import type { FaceRecord } from "../../pipeline/record.ts";
import { ATTRIBUTE_REGIONS, REGIONS } from "../../pipeline/regions.ts";
import { frontalFace } from "../../pipeline/segments/region_diagram.ts";
import {
  makePolygons,
  MAX_CORNERS,
  polygonsOf,
  writePolygons,
} from "../../pipeline/segments/region_polygons.ts";
import { CELEBA_FRAME, faceRecord, GOLDEN, goldenRecords } from "../golden_segments.ts";
import { findPython } from "../python_peer.ts";
import { median, print } from "./measuring.ts";

const ROUNDS = 9;
/** Images a batch: a large one for throughput, and one as training draws it. */
const BATCHES = [480, 48] as const;
const MASK = { height: 96, width: 76 };
/** What ours are compared with. */
const LOOPS = ["OpenCV loop, 14 regions", "OpenCV loop, 40 masks"] as const;
const PEER = join(import.meta.dirname ?? ".", "..", "peers", "segments_opencv.py");

/** One way to the masks: does some work and says how many images and seconds it was. */
interface Contender {
  readonly name: string;
  round(): Promise<{ images: number; seconds: number }>;
}

async function benchFaces(): Promise<FaceRecord[]> {
  if (GOLDEN) return await goldenRecords(GOLDEN);
  const random = new Random(48);
  return Array.from({ length: 48 }, (_, i) => {
    const [scale, shift] = [0.8 + 0.3 * random.next(), 20 * random.next() - 10];
    const points = frontalFace().map((value) => value * scale + shift);
    return { ...faceRecord(`${i}.jpg`, points), labels: random.integer(2 ** 40) };
  });
}

/** A job of `images` images that repeats the faces. */
function jobOf(faces: readonly FaceRecord[], images: number) {
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

function timed(name: string, images: number, work: () => void | Promise<void>): Contender {
  return {
    name,
    async round() {
      const start = performance.now();
      await work();
      return { images, seconds: (performance.now() - start) / 1000 };
    },
  };
}

function ourContenders(faces: readonly FaceRecord[], gpu: Gpu | null): Contender[] {
  const contenders: Contender[] = [];
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

/** A Python process that answers every line with the seconds of a round. */
function openCvContender(
  name: string,
  python: string,
  args: readonly string[],
  images: number,
): Contender & AsyncDisposable {
  const process = new Deno.Command(python, {
    args: [PEER, ...args],
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

async function main(): Promise<void> {
  const faces = await benchFaces();
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  using gpu = await Gpu.open();
  const python = await findPython("cv2");
  try {
    await using stack = new AsyncDisposableStack();
    const contenders = ourContenders(faces, gpu);
    if (python) {
      const peers = [
        [LOOPS[0], "regions", 10],
        [LOOPS[1], "attributes", 10],
        ["reference's way", "reference", 1],
      ] as const;
      for (const [name, way, repeats] of peers) {
        const file = join(folder, `${way}.json`);
        await Deno.writeTextFile(file, facesJson(faces, repeats));
        const images = faces.length * repeats;
        contenders.push(stack.use(openCvContender(name, python, [file, way, folder], images)));
      }
    } else {
      print("There is no python3 with OpenCV: only our own ways are measured.");
    }
    print(`adapter: ${gpu ? gpu.info.description || gpu.info.vendor : "none"}`);
    await compare(contenders);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function compare(contenders: readonly Contender[]): Promise<void> {
  const rates = contenders.map(() => [] as number[]);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { images, seconds } = await contender.round();
      // The first round warms up.
      if (round >= 0) rates[i]?.push(images / seconds);
    }
  }
  const medians = rates.map(median);
  const bases = LOOPS.map((loop) => medians[contenders.findIndex(({ name }) => name === loop)]);
  print(`medians of ${ROUNDS} alternating rounds`);
  print(tableRow("", ["faces/s", "x 14 regions", "x 40 masks"]));
  contenders.forEach(({ name }, i) => {
    const rate = medians[i] as number;
    const ratios = bases.map((base) => base === undefined ? "" : (rate / base).toFixed(2));
    print(tableRow(name, [Math.round(rate).toLocaleString("en"), ...ratios]));
  });
}

function tableRow(name: string, cells: readonly string[]): string {
  return name.padEnd(28) + cells.map((cell) => cell.padStart(14)).join("");
}

await main();
