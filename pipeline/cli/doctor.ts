/** What this machine has for the pipeline, what it lacks, and how to get it. */

import { type Adapter, describeAdapter, findAdapter } from "./adapter.ts";
import { type Choice, examineChoice, examineKernels } from "./doctor_choice.ts";
import { installCommand, isRoot } from "./setup.ts";
import { IS_BUNDLED } from "../files/standalone.ts";

/** Something that the pipeline needs, and whether this machine has it. */
export interface Part {
  readonly name: string;
  readonly usable: boolean;
  readonly note: string;
  /** Whether nothing is wrong where it is missing. */
  readonly optional?: boolean;
}

/** What is missing, and how to get it. */
interface Problem {
  readonly what: string;
  readonly fix: string;
  /** Whether nothing works without it; otherwise it only goes slower. */
  readonly fatal: boolean;
}

/** What {@linkcode examine} finds; `doctor --json` prints it as it is. */
export interface Diagnosis {
  readonly deno: string;
  readonly platform: string;
  readonly processors: number;
  readonly adapter: Adapter | null;
  /** tfjs backends: webgpu, wasm, cpu. */
  readonly backends: readonly Part[];
  readonly choice: Choice;
  readonly kernels: string;
  /** The weights of the detectors and of the 68-point network, and dlib's predictor. */
  readonly models: readonly Part[];
  readonly problems: readonly Problem[];
}

/** Files of face-api's package that the landmarks stage reads, each with a way to read it. */
const MODELS: readonly (readonly [name: string, read: () => Promise<{ default: Uint8Array }>])[] = [
  [
    "face_landmark_68",
    () =>
      import("@vladmandic/face-api/model/face_landmark_68_model.bin", { with: { type: "bytes" } }),
  ],
  [
    "ssd_mobilenetv1",
    () =>
      import("@vladmandic/face-api/model/ssd_mobilenetv1_model.bin", { with: { type: "bytes" } }),
  ],
  [
    "tiny_face_detector",
    () =>
      import("@vladmandic/face-api/model/tiny_face_detector_model.bin", {
        with: { type: "bytes" },
      }),
  ],
];

/** Where dlib's predictor comes from, and what its makers say of its use. */
const PREDICTOR_SOURCE = {
  get: "the Debian package libdlib-data, or " +
    "http://dlib.net/files/shape_predictor_68_face_landmarks.dat.bz2 unpacked into ./models",
  use: "for non-commercial use, as is its training data, 300-W",
} as const;

const REINSTALL = IS_BUNDLED
  ? "fetch or make this program's file again"
  : "deno install --reload --entrypoint pipeline/cli.ts";

/** Looks at the machine. It changes nothing. */
export async function examine(): Promise<Diagnosis> {
  const adapter = await findAdapter();
  const models = await Promise.all(MODELS.map(([name, read]) => examineModel(name, read)));
  const predictor = await examinePredictor();
  const backends = [webgpuBackend(adapter), await wasmBackend(), CPU_BACKEND];
  return {
    deno: Deno.version.deno,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    processors: navigator.hardwareConcurrency,
    adapter,
    backends,
    choice: await examineChoice(adapter),
    kernels: await examineKernels(adapter),
    models: [...models, predictor],
    problems: [
      ...await adapterProblems(adapter),
      ...missing([...backends.slice(1), ...models]),
      ...predictorProblems(predictor),
    ],
  };
}

function webgpuBackend(adapter: Adapter | null): Part {
  const note = adapter ? describeAdapter(adapter) : "no adapter; kernels run on their CPU twins";
  return { name: "webgpu", usable: adapter !== null, note };
}

async function wasmBackend(): Promise<Part> {
  try {
    const { default: bytes } = await import(
      "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm",
      { with: { type: "bytes" } }
    );
    const usable = WebAssembly.validate(new Uint8Array(bytes));
    return { name: "wasm", usable, note: usable ? "SIMD" : "this Deno cannot run its SIMD build" };
  } catch (error) {
    return { name: "wasm", usable: false, note: messageOf(error) };
  }
}

const CPU_BACKEND: Part = {
  name: "cpu",
  usable: true,
  note: "our kernels' twins, where there is no adapter",
};

async function examineModel(
  name: string,
  read: () => Promise<{ default: Uint8Array }>,
): Promise<Part> {
  try {
    const { byteLength } = (await read()).default;
    return { name, usable: byteLength > 0, note: `${Math.round(byteLength / 1024)} KiB` };
  } catch (error) {
    return { name, usable: false, note: messageOf(error) };
  }
}

/**
 * Reads dlib's predictor, since a damaged file stops the landmarks stage.
 *
 * @param path Its file; by default where the stage finds it.
 */
export async function examinePredictor(path?: string | null): Promise<Part> {
  const { findPredictorFile, PREDICTOR_FILE, readPredictor } = await import(
    "../landmarks/placing/predictor.ts"
  );
  const part = { name: PREDICTOR_FILE.replace(/\.dat$/, ""), optional: true } as const;
  const file = path === undefined ? await findPredictorFile() : path;
  const { get, use } = PREDICTOR_SOURCE;
  if (file === null) {
    const note =
      `dlib's predictor, whose points are better than the network's; get it from ${get} (${use})`;
    return { ...part, usable: false, note };
  }
  try {
    await readPredictor(file);
    const { size } = await Deno.stat(file);
    return { ...part, usable: true, note: `${file}, ${Math.round(size / 2 ** 20)} MiB (${use})` };
  } catch (error) {
    return { ...part, optional: false, usable: false, note: messageOf(error) };
  }
}

/** A damaged file is a problem, because `landmarks` would use it. */
export function predictorProblems({ usable, optional = false, name, note }: Part): Problem[] {
  if (usable || optional) return [];
  const fix = `replace or remove it (${PREDICTOR_SOURCE.get}), or use --predictor face-api`;
  return [{ what: `${name}: ${note}`, fix, fatal: false }];
}

async function adapterProblems(adapter: Adapter | null): Promise<Problem[]> {
  const fix = installCommand({
    os: Deno.build.os,
    osRelease: await Deno.readTextFile("/etc/os-release").catch(() => ""),
    isRoot: isRoot(),
  });
  if (!adapter) return [{ what: "WebGPU has no adapter: no Vulkan driver", fix, fatal: false }];
  return [];
}

function missing(parts: readonly Part[]): Problem[] {
  return parts.filter(({ usable }) => !usable)
    .map(({ name, note }) => ({ what: `${name}: ${note}`, fix: REINSTALL, fatal: true }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] ?? "" : String(error);
}
