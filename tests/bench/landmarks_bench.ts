/**
 * Landmarks beside dlib in C++ (HOG detector and predictor, `-O3 -march=native`): pictures a second
 * with detection and with known boxes, decoding apart; and faces a second of the predictor alone.
 *
 * Pictures: CelebA at half size enlarged to 178 x 218, if the test data is there (see
 * `../contexts/real_data.ts`), otherwise the sample. Both get the same pixels. All ways take turns; medians are
 * printed. `--pictures N` sets their number (240).
 *
 * Needs g++ and Debian's libdlib-dev and libdlib-data.
 */

import "../../pipeline/cli/environment.ts";
import { join } from "node:path";
import { placePointsByTree } from "../../kernels/wasm/tree_cascade.ts";
import { Gpu } from "../../kernels/webgpu/gpu.ts";
import {
  LoadedCascade,
  type TreeCascade,
  type TreeCascadeJob,
} from "../../kernels/tree_cascade.ts";
import { decodePixels, readImage, resizeImage, type RgbImage } from "../../pipeline/image/image.ts";
import { grayWindow } from "../../pipeline/landmarks/placing/gray_window.ts";
import { readPredictor } from "../../pipeline/landmarks/placing/predictor.ts";
import type { Box } from "../../pipeline/face/record.ts";
import {
  type BoxedPicture,
  DLIB_MODEL,
  DlibPeer,
  dlibPoints,
  type DlibWay,
  hasDlib,
  writePictures,
} from "../contexts/dlib_context.ts";
import { realData } from "../contexts/real_data.ts";
import type { BenchPart, BenchWork } from "./contenders/landmarks_worker.ts";
import { median, print } from "./measuring.ts";

const ROUNDS = 5;
/** Pictures that a thread of ours gets at once, as in the landmarks stage. */
const BATCH = 16;
const FRAME = { width: 178, height: 218 };
const KERNEL_BATCH = 256;
/** About where dlib's detector sees the face of an aligned picture, for those that it misses. */
const USUAL_BOX: Box = { x: 44, y: 86, width: 91, height: 91 };

/** One way of doing the work. */
interface Contender extends AsyncDisposable {
  readonly name: string;
  /** Things done in a round. */
  readonly count: number;
  round(): Promise<{ seconds: number; faces: number }>;
}

/** Contenders that are compared with one another; ratios are to the first. */
interface Group {
  readonly title: string;
  readonly unit: string;
  readonly contenders: readonly Contender[];
}

async function main(args: readonly string[]): Promise<void> {
  if (!hasDlib || DLIB_MODEL === null) {
    return print("This benchmark needs dlib: apt-get install g++ libdlib-dev libdlib-data");
  }
  const at = args.indexOf("--pictures");
  const paths = await pictureFiles(at < 0 ? 240 : Number(args[at + 1]));
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const model = await readPredictor(DLIB_MODEL);
    const pictures = await boxedPictures(paths);
    const file = join(folder, "pictures");
    await writePictures(file, pictures);
    await using groups = new AsyncDisposableStack();
    for (const open of [detection, knownBoxes, predictorAlone]) {
      const group = await open(file, pictures, model);
      for (const contender of group.contenders) groups.use(contender);
      await compare(group);
    }
    const decoders = await decoding(join(folder, "list"), paths);
    for (const contender of decoders.contenders) groups.use(contender);
    await compare(decoders);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pictureFiles(count: number): Promise<string[]> {
  const folder = await realData("celeba-small", "img_align_celeba") ??
    join(import.meta.dirname ?? ".", "..", "..", "data", "sample", "Img", "img_align_celeba");
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  return names.slice(0, count).map((name) => join(folder, name));
}

/** The pictures, each with the box that dlib's own detector gives. */
async function boxedPictures(paths: readonly string[]): Promise<BoxedPicture[]> {
  const images: RgbImage[] = [];
  for (const path of paths) {
    images.push(resizeImage(await readImage(path), FRAME.width, FRAME.height));
  }
  const faces = await dlibPoints(images.map((image) => ({ image, box: null })), "detect");
  return images.map((image, i) => ({ image, box: faces[i]?.box ?? USUAL_BOX }));
}

async function dlib(
  name: string,
  way: DlibWay,
  file: string,
  count: number,
  threads: number,
): Promise<Contender> {
  const peer = await DlibPeer.start(way, file, { threads });
  return {
    name: `dlib, ${threads} thread${threads > 1 ? "s" : ""}${name}`,
    count,
    round: () => peer.round(),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

/** Our finder on threads of its own. */
async function ours(
  name: string,
  work: BenchWork,
  threads: number,
): Promise<Contender> {
  const workers = Array.from(
    { length: threads },
    () =>
      new Worker(new URL("./contenders/landmarks_worker.ts", import.meta.url), { type: "module" }),
  );
  const ask = (worker: Worker, message: BenchWork | BenchPart) =>
    new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  await Promise.all(workers.map((worker) => ask(worker, work)));
  const count = work.searches.length;
  return {
    name: `ours, ${threads} thread${threads > 1 ? "s" : ""}, ${name}`,
    count,
    async round() {
      const start = performance.now();
      let [next, faces] = [0, 0];
      await Promise.all(workers.map(async (worker) => {
        while (next < count) {
          const from = next;
          next += BATCH;
          const found = await ask(worker, { from, to: next });
          faces += found;
        }
      }));
      return { seconds: (performance.now() - start) / 1000, faces };
    },
    [Symbol.asyncDispose]() {
      for (const worker of workers) worker.terminate();
      return Promise.resolve();
    },
  };
}

async function detection(
  file: string,
  pictures: readonly BoxedPicture[],
  predictor: TreeCascade,
): Promise<Group> {
  const searches = pictures.map(({ image }) => {
    return { image, detector: "auto", hint: null, all: false } as const;
  });
  const upright = searches.map((search) => ({ ...search, uprightOnly: true }));
  const count = pictures.length;
  return {
    title: "detection and points",
    unit: "pictures/s",
    contenders: [
      await dlib("", "detect", file, count, 1),
      await dlib("", "detect", file, count, 2),
      await ours("dlib's predictor", { searches, predictor }, 1),
      await ours("dlib's predictor", { searches, predictor }, 2),
      await ours("dlib's predictor, upright only", { searches: upright, predictor }, 2),
      await ours("face-api's network", { searches, predictor: null }, 2),
    ],
  };
}

async function knownBoxes(
  file: string,
  pictures: readonly BoxedPicture[],
  predictor: TreeCascade,
): Promise<Group> {
  const searches = pictures.map(({ image, box }) => {
    return { image, detector: "box", hint: box, all: false } as const;
  });
  const count = pictures.length;
  return {
    title: "points in known boxes",
    unit: "pictures/s",
    contenders: [
      await dlib("", "boxes", file, count, 1),
      await dlib("", "boxes", file, count, 2),
      await ours("dlib's predictor", { searches, predictor }, 1),
      await ours("dlib's predictor", { searches, predictor }, 2),
    ],
  };
}

/** The predictor alone, on one batch of the pictures' faces. */
async function predictorAlone(
  file: string,
  pictures: readonly BoxedPicture[],
  model: TreeCascade,
): Promise<Group> {
  const faces = Array.from({ length: KERNEL_BATCH }, (_, i) => pictures[i % pictures.length]!);
  const batch = `${file}-batch`;
  await writePictures(batch, faces);
  const job = jobOf(faces);
  const contenders = [
    await dlib("", "boxes", batch, KERNEL_BATCH, 1),
    await dlib("", "boxes", batch, KERNEL_BATCH, 2),
    timed("ours, CPU, 1 thread", () => void placePointsByTree(model, job)),
  ];
  const gpu = await Gpu.open();
  if (gpu) contenders.splice(2, 0, kernel(gpu, model, job));
  return { title: `predictor alone, batch ${KERNEL_BATCH}`, unit: "faces/s", contenders };
}

function kernel(gpu: Gpu, model: TreeCascade, job: TreeCascadeJob): Contender {
  const cascade = new LoadedCascade(gpu, model);
  const name = `ours, kernel on ${gpu.isFallback ? "the software adapter" : gpu.info.description}`;
  return {
    ...timed(name, async () => {
      const buffer = cascade.placePoints(job);
      await gpu.read(buffer, 4 * 136 * KERNEL_BATCH);
      gpu.destroy(buffer);
    }),
    [Symbol.asyncDispose]() {
      cascade[Symbol.dispose]();
      gpu[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function jobOf(faces: readonly BoxedPicture[]): TreeCascadeJob {
  const boxes = faces.map(({ box }) => {
    const { x, y, width, height } = box as Box;
    return [x, y, width - 1, 0, 0, height - 1];
  });
  const windows = faces.map(({ image }, i) => grayWindow(image, [boxes[i]!]));
  const pixels = new Uint8Array(windows.reduce((sum, { data }) => sum + data.length, 0));
  const sizes: number[] = [];
  let at = 0;
  for (const [i, { left, top, width, height, data }] of windows.entries()) {
    pixels.set(data, at);
    sizes.push(at, width, height);
    at += data.length;
    boxes[i]![0]! -= left;
    boxes[i]![1]! -= top;
  }
  return { pixels, windows: Uint32Array.from(sizes), boxes: Float32Array.from(boxes.flat()) };
}

function timed(name: string, work: () => void | Promise<void>): Contender {
  return {
    name,
    count: KERNEL_BATCH,
    async round() {
      const start = performance.now();
      await work();
      return { seconds: (performance.now() - start) / 1000, faces: KERNEL_BATCH };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function decoding(list: string, paths: readonly string[]): Promise<Group> {
  await Deno.writeTextFile(list, paths.map((path) => path + "\n").join(""));
  const own: Contender = {
    name: "ours, 1 thread",
    count: paths.length,
    async round() {
      const start = performance.now();
      for (const path of paths) await decodePixels(Deno.readFileSync(path));
      return { seconds: (performance.now() - start) / 1000, faces: paths.length };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const contenders = [await dlib("", "decode", list, paths.length, 1), own];
  return { title: "decoding the files", unit: "files/s", contenders };
}

async function compare({ title, unit, contenders }: Group): Promise<void> {
  const rates = contenders.map(() => [] as number[]);
  const faces = contenders.map(() => 0);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { seconds, faces: found } = await contender.round();
      faces[i] = found;
      // The first round warms up.
      if (round >= 0) rates[i]!.push(contender.count / seconds);
    }
  }
  print(`\n${title} (medians of ${ROUNDS} alternating rounds)`);
  print(row("", [unit, "ratio", "found"]));
  const base = median(rates[0]!);
  for (const [i, { name, count }] of contenders.entries()) {
    const rate = median(rates[i]!);
    const found = `${(100 * faces[i]! / count).toFixed(1)} %`;
    print(row(name, [Math.round(rate).toLocaleString("en"), (rate / base).toFixed(2), found]));
  }
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(40) + cells.map((cell) => cell.padStart(12)).join("");
}

await main(Deno.args);
