/**
 * dlib in C++ as an oracle for tests and a peer for benchmarks, where g++, dlib and its model are
 * installed (`apt-get install g++ libdlib-dev libdlib-data libopenblas-dev`).
 *
 * The peer, `peers/landmarks_dlib.cpp`, is compiled at its first use, which takes about 15 seconds,
 * and kept in the user's cache folder.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exists, FileWriter } from "../../pipeline/files/write_file.ts";
import type { RgbImage } from "../../pipeline/image/image.ts";
import { findPredictorFile, PREDICTOR_FILE } from "../../pipeline/landmarks/placing/predictor.ts";
import type { Box } from "../../pipeline/face/record.ts";

const SOURCE = join(import.meta.dirname ?? ".", "..", "peers", "landmarks_dlib.cpp");
/** As fast as g++ makes dlib here; fused products change no point in the boxes of our tests. */
const FLAGS = ["-std=c++14", "-O3", "-march=native"];
const LIBRARIES = ["-ldlib", "-llapack", "-lblas", "-lpthread"];

/** Path of the model of 68 landmarks, or null. The variable ATTPARSENET_DLIB_MODEL comes first. */
export const DLIB_MODEL: string | null = await findModel();

/** What the compiler says of itself, the processor and dlib, or null if it or dlib is missing. */
const TOOLS: string | null = await describeTools();

/** Whether there is an oracle. */
export const hasDlib: boolean = DLIB_MODEL !== null && TOOLS !== null;

if (!hasDlib) {
  const missing = TOOLS === null ? "no g++ with dlib's headers" : `no ${PREDICTOR_FILE}`;
  const line = `NO DLIB: there is ${missing}, so the comparisons with it are SKIPPED.\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/**
 * What a round of the peer does: `boxes` predicts points in known boxes; `detect` also finds the
 * faces; `upsampled` looks for faces in the enlarged picture where there were none; `decode` reads
 * JPEG files.
 */
export type DlibWay = "boxes" | "detect" | "upsampled" | "decode";

/** A picture, and the face's box where it is known: `width` by `height` whole pixels. */
export interface BoxedPicture {
  readonly image: RgbImage;
  readonly box: Box | null;
}

/** A picture's header: u32 width and height, i32 left, top, width and height of the box. */
const HEADER_BYTES = 24;

/** Writes pictures as the peer reads them. */
export async function writePictures(
  path: string,
  pictures: Iterable<BoxedPicture>,
): Promise<void> {
  await using file = await FileWriter.open(path);
  for (const { image, box } of pictures) {
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 };
    const header = [image.width, image.height, x, y, width, height];
    assert(header.every(Number.isInteger), `not whole pixels: ${header}`);
    const bytes = new DataView(new ArrayBuffer(HEADER_BYTES));
    header.forEach((value, i) => bytes.setInt32(4 * i, value, true));
    await file.write(new Uint8Array(bytes.buffer));
    await file.write(image.data);
  }
  await file.commit();
}

/** How a peer is started. */
interface DlibPeerOptions {
  /** Threads that share the pictures; 1 by default. */
  readonly threads?: number;
  /**
   * File for what the latest round found: a line of JSON a picture; for `decode` the pictures as
   * {@linkcode writePictures} writes them.
   */
  readonly out?: string;
}

/** A process that holds pictures in memory and answers every line with what a round took. */
export class DlibPeer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /**
   * Starts a peer, after compiling it if need be.
   *
   * @param file what {@linkcode writePictures} wrote; for `decode` a list of paths, one a line
   */
  static async start(
    way: DlibWay,
    file: string,
    { threads = 1, out }: DlibPeerOptions = {},
  ): Promise<DlibPeer> {
    assert(hasDlib, "dlib is missing");
    const outs = out === undefined ? [] : [out];
    const command = new Deno.Command(await compiledPeer(), {
      args: [...(way === "decode" ? [way] : [DLIB_MODEL as string, way]), file, ...outs],
      // The matrices are of 3 x 3: threads of the algebra library would only cost.
      env: { THREADS: String(threads), OPENBLAS_NUM_THREADS: "1" },
      stdin: "piped",
      stdout: "piped",
    });
    return new DlibPeer(command.spawn());
  }

  /** Has all pictures done once; `faces` counts those with a face (for `decode` all pictures). */
  async round(): Promise<{ seconds: number; faces: number }> {
    await this.#input.write(new TextEncoder().encode("go\n"));
    let line = "";
    while (!line.endsWith("\n")) {
      const { value, done } = await this.#output.read();
      assert(!done, "the dlib peer ended; see its message above");
      line += value;
    }
    const [seconds, faces] = line.split(" ").map(Number) as [number, number];
    return { seconds, faces };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The pipe of a peer that ended by itself is closed already.
    await this.#input.close().catch(() => {});
    await this.#process.status;
    await this.#output.cancel();
  }
}

/** A face by dlib: points as x0, y0, x1, y1, … (136 whole numbers). */
interface DlibFace {
  readonly box: Box;
  readonly points: number[];
}

/** dlib's face of every picture, or null where it has none. */
export async function dlibPoints(
  pictures: Iterable<BoxedPicture>,
  way: Exclude<DlibWay, "decode">,
): Promise<(DlibFace | null)[]> {
  const faces = await roundOf(way, (file) => writePictures(file, pictures));
  const lines = new TextDecoder().decode(faces).split("\n").filter((line) => line !== "");
  return lines.map(parseFace);
}

/** JPEG files as dlib decodes them (by libjpeg; EXIF orientation is not regarded). */
export async function dlibPictures(paths: readonly string[]): Promise<RgbImage[]> {
  const list = paths.map((path) => path + "\n").join("");
  const bytes = await roundOf("decode", (file) => Deno.writeTextFile(file, list));
  const view = new DataView(bytes.buffer);
  const pictures: RgbImage[] = [];
  for (let at = 0; at < bytes.length;) {
    const [width, height] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const start = at + HEADER_BYTES;
    at = start + 3 * width * height;
    pictures.push({ width, height, data: bytes.subarray(start, at) });
  }
  return pictures;
}

/** What the peer writes in one round, given what the caller writes for it. */
async function roundOf(
  way: DlibWay,
  write: (file: string) => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const [file, out] = [join(folder, "in"), join(folder, "out")];
    await write(file);
    await using peer = await DlibPeer.start(way, file, { out });
    await peer.round();
    return await Deno.readFile(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function parseFace(line: string): DlibFace | null {
  const { box, points } = JSON.parse(line) as { box: number[] | null; points: number[][] | null };
  if (!box || !points) return null;
  const [x, y, width, height] = box as [number, number, number, number];
  return { box: { x, y, width, height }, points: points.flat() };
}

async function findModel(): Promise<string | null> {
  const named = Deno.env.get("ATTPARSENET_DLIB_MODEL");
  if (!named) return await findPredictorFile();
  return await exists(named) ? named : null;
}

/** The compiler's macros tell its version, the processor's instructions and dlib's version. */
async function describeTools(): Promise<string | null> {
  const args = [...FLAGS, "-E", "-dM", "-x", "c++", "-include", "dlib/revision.h", "/dev/null"];
  try {
    const command = new Deno.Command("g++", { args, stdout: "piped", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound;
    if (!absent && !(error instanceof Deno.errors.NotCapable)) throw error;
    return null;
  }
}

let compiling: Promise<string> | null = null;

/** Path of the program, compiled once for each state of source, tools and processor. */
function compiledPeer(): Promise<string> {
  return compiling ??= compilePeer();
}

async function compilePeer(): Promise<string> {
  const source = await Deno.readTextFile(SOURCE);
  const key = new TextEncoder().encode([source, TOOLS, ...FLAGS, ...LIBRARIES].join("\n"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", key)).toHex().slice(0, 16);
  const folder = await cacheFolder();
  const program = join(folder, `landmarks_dlib-${hash}`);
  if (await exists(program)) return program;
  // Written beside and renamed, so that no other process ever starts half a program.
  const beside = await Deno.makeTempFile({ dir: folder, prefix: "landmarks_dlib-" });
  try {
    const command = new Deno.Command("g++", {
      args: [...FLAGS, SOURCE, "-o", beside, ...LIBRARIES],
      stdout: "null",
      stderr: "piped",
    });
    const { success, stderr } = await command.output();
    assert(success, `g++ failed: ${new TextDecoder().decode(stderr)}`);
    await Deno.chmod(beside, 0o755);
    await Deno.rename(beside, program);
  } finally {
    if (await exists(beside)) await Deno.remove(beside);
  }
  return program;
}

async function cacheFolder(): Promise<string> {
  const home = Deno.env.get("HOME");
  const caches = Deno.env.get("XDG_CACHE_HOME") || (home ? join(home, ".cache") : null);
  // Without a home of its own a process compiles for itself only.
  if (caches === null) return await Deno.makeTempDir({ prefix: "attparsenet-" });
  const folder = join(caches, "attparsenet");
  await Deno.mkdir(folder, { recursive: true });
  return folder;
}
