/** What is measured of the program beside training: masks, the joint loss, the predictor, `predict`. */

import { placePointsByTree } from "../../../kernels/wasm/tree_cascade.ts";
import { Gpu } from "../../../kernels/webgpu/gpu.ts";
import {
  LoadedCascade,
  type TreeCascade,
  type TreeCascadeJob,
} from "../../../kernels/tree_cascade.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { findPredictorFile, readPredictor } from "../../../pipeline/landmarks/placing/predictor.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { frontalFace } from "../../fixtures/region_diagram.ts";
import { findPython } from "../../contexts/python_peer.ts";
import { smallPredictor } from "../../fixtures/shape_predictor_writer.ts";
import { measureLosses } from "../loss_bench.ts";
import { median } from "../measuring.ts";
import { COUNT, measurePredictions } from "../predict_bench.ts";
import { measureMasks, REGION_LOOP } from "../segments_bench.ts";
import type { Timed } from "./results.ts";

/** What was measured, and lines on what is missing. */
export interface Measured {
  readonly timed: readonly Timed[];
  readonly missing: readonly string[];
}

const ROUNDS = 3;

/** Faces a second, by OpenCV too where there is one. */
export async function masks(): Promise<Measured> {
  using gpu = await openGpu();
  const python = await findPython("cv2");
  const rates = await measureMasks(gpu, python, [REGION_LOOP], ROUNDS);
  const missing = python === null ? ["OpenCV is left out: no python3 here has cv2"] : [];
  return { timed: rates.map(({ name, rate }) => ({ name, value: rate })), missing };
}

/** Milliseconds of the loss of `lite` for 16 images, with its gradients. */
export async function loss(): Promise<Measured> {
  using wasm = await openBackend("wasm");
  using gpu = await openBackend("webgpu");
  const times = await measureLosses("lite", 16, gpu, wasm);
  return { timed: times.map(({ name, ms }) => ({ name, value: ms })), missing: [] };
}

/** Images a second, from files. */
export async function predict(): Promise<Measured> {
  const missing: string[] = [];
  const times = await measurePredictions(ROUNDS, (line) => missing.push(line));
  const timed = times.map(({ name, seconds }) => ({ name, value: COUNT / median(seconds) }));
  return { timed, missing };
}

/** Sizes of dlib's predictor of 68 points. */
const DLIB_SIZES = { stages: 15, trees: 500, depth: 4, features: 500 };
const FACES = 256;
const SIDE = 100;

/** Faces a second that dlib's predictor places points on; by one of its sizes where its file is missing. */
export async function predictor(): Promise<Measured> {
  using gpu = await openGpu();
  const file = await findPredictorFile();
  const random = new Random(64);
  const model = file === null ? randomPredictor(random) : await readPredictor(file);
  const job = randomFaces(random);
  using cascade = new LoadedCascade(gpu, model);
  const onDevice = async () => {
    const buffer = cascade.placePoints(job);
    await gpu.read(buffer, 4 * model.initial.length * FACES);
    gpu.destroy(buffer);
  };
  const onCpu = () => Promise.resolve(void placePointsByTree(model, job));
  const of = file === null ? "made-up trees of dlib's sizes" : "dlib's trees";
  const timed = [
    { name: `the kernel, ${of}`, value: await facesPerSecond(onDevice) },
    { name: "the CPU path, one thread", value: await facesPerSecond(onCpu) },
  ];
  return { timed, missing: [] };
}

async function openGpu(): Promise<Gpu> {
  const gpu = await Gpu.open();
  if (!gpu) throw new Error("there is no WebGPU adapter");
  return gpu;
}

async function facesPerSecond(work: () => Promise<void>): Promise<number> {
  // Compiles.
  await work();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / 1000);
  }
  return FACES / median(times);
}

function randomPredictor(random: Random): TreeCascade {
  const initial = frontalFace().map((value, i) => value / (i % 2 === 0 ? 178 : 218));
  return smallPredictor(random, initial, 1e-4, DLIB_SIZES);
}

/** Faces of noise, each in a box that leaves a margin. */
function randomFaces(random: Random): TreeCascadeJob {
  const size = SIDE ** 2;
  const margin = SIDE / 10;
  const each = <T>(make: (face: number) => T[]) => Array.from({ length: FACES }, (_, i) => make(i));
  const inner = SIDE - 2 * margin - 1;
  return {
    pixels: Uint8Array.from({ length: FACES * size }, () => random.integer(256)),
    windows: Uint32Array.from(each((face) => [face * size, SIDE, SIDE]).flat()),
    boxes: Float32Array.from(each(() => [margin, margin, inner, 0, 0, inner]).flat()),
  };
}
