/**
 * Faces a second: our kernel, our CPU path, tight OpenCV loops, and the reference's way in Python, on
 * the same polygons (218 x 178 seen at 96 x 76). All run alternately; medians are printed.
 *
 * Ours give 14 region bits a pixel, all that the loss needs of 40 masks. The tight loops give 40
 * masks, or the 14 masks of the regions, OpenCV's cheapest way to the same; the reference writes 40
 * PNG files a face. All start from polygons; placing them is a row of its own.
 *
 * Needs python3 with OpenCV for the comparison. Takes the golden faces if they are there (see
 * `../contexts/real_data.ts`), otherwise a drawn face that is moved about.
 */

import "../../pipeline/cli/environment.ts";
import { Gpu } from "../../kernels/webgpu/gpu.ts";
import { findPython } from "../contexts/python_peer.ts";
import { median, print } from "./measuring.ts";
import { benchFaces, type MaskContender, ourContenders } from "./contenders/segments_contenders.ts";
import { type MaskPeer, openCvMasks } from "./contenders/segments_peer.ts";

const ROUNDS = 9;

/** OpenCV's cheapest way to what ours give. */
export const REGION_LOOP: MaskPeer = {
  name: "OpenCV loop, 14 regions",
  way: "regions",
  repeats: 10,
};

/** What ours are compared with. */
const LOOPS: readonly MaskPeer[] = [
  REGION_LOOP,
  { name: "OpenCV loop, 40 masks", way: "attributes", repeats: 10 },
];
const REFERENCE: MaskPeer = { name: "reference's way", way: "reference", repeats: 1 };

/** A way's faces a second. */
interface MaskRate {
  readonly name: string;
  readonly rate: number;
}

/**
 * Measures our ways to the masks and some of OpenCV's, which take turns.
 *
 * @param gpu Null leaves out the kernel.
 * @param python One with OpenCV; null leaves out the peers.
 * @returns Medians.
 */
export async function measureMasks(
  gpu: Gpu | null,
  python: string | null,
  peers: readonly MaskPeer[],
  rounds: number,
): Promise<MaskRate[]> {
  const faces = await benchFaces();
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    await using stack = new AsyncDisposableStack();
    const contenders = ourContenders(faces, gpu);
    for (const peer of python === null ? [] : peers) {
      contenders.push(stack.use(await openCvMasks(python!, peer, faces, folder)));
    }
    return await takeTurns(contenders, rounds);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function takeTurns(
  contenders: readonly MaskContender[],
  rounds: number,
): Promise<MaskRate[]> {
  const rates = contenders.map(() => [] as number[]);
  for (let round = -1; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { images, seconds } = await contender.round();
      // The first round warms up.
      if (round >= 0) rates[i]?.push(images / seconds);
    }
  }
  return contenders.map(({ name }, i) => ({ name, rate: median(rates[i]!) }));
}

async function main(): Promise<void> {
  using gpu = await Gpu.open();
  const python = await findPython("cv2");
  if (!python) print("There is no python3 with OpenCV: only our own ways are measured.");
  print(`adapter: ${gpu ? gpu.info.description || gpu.info.vendor : "none"}`);
  const rates = await measureMasks(gpu, python, [...LOOPS, REFERENCE], ROUNDS);
  const bases = LOOPS.map((loop) => rates.find(({ name }) => name === loop.name)?.rate);
  print(`medians of ${ROUNDS} alternating rounds`);
  print(tableRow("", ["faces/s", "x 14 regions", "x 40 masks"]));
  for (const { name, rate } of rates) {
    const ratios = bases.map((base) => base === undefined ? "" : (rate / base).toFixed(2));
    print(tableRow(name, [Math.round(rate).toLocaleString("en"), ...ratios]));
  }
}

function tableRow(name: string, cells: readonly string[]): string {
  return name.padEnd(28) + cells.map((cell) => cell.padStart(14)).join("");
}

if (import.meta.main) await main();
