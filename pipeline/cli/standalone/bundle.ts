/**
 * The program as a few modules without imports from outside: what an executable carries.
 *
 * @module
 */

import { basename, join, relative, resolve, sep } from "node:path";
import { SAMPLE_MODULE } from "../../standalone.ts";
import type { CarriedSample } from "../shipped_sample.ts";

/** The project's folder. */
export const PROJECT: string = resolve(import.meta.dirname ?? ".", "..", "..", "..");

/** What is started by its name: the command line and the workers' modules. */
export const ENTRIES = [
  "pipeline/cli.ts",
  "pipeline/landmarks/face_worker.ts",
  "kernels/wasm_thread.ts",
] as const;

/** Runs Deno in the project's folder. @throws {Error} With what it wrote to stderr, if it fails. */
export async function runDeno(...args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: PROJECT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** Every module by its name, with imports between them relative and wasm and weights inside. */
export async function bundleProgram(): Promise<Map<string, Uint8Array>> {
  const files = await bundle(["--code-splitting", ...ENTRIES]);
  const add = (name: string, text: string) => void files.set(name, new TextEncoder().encode(text));
  for (const worker of ENTRIES.slice(1)) {
    // What starts it looks beside itself, and has become part of a module at the top.
    add(basename(worker), `import "./${worker.replace(/\.ts$/, ".js")}";\n`);
  }
  add(SAMPLE_MODULE, await sampleModule(join(PROJECT, "data", "sample")));
  return files;
}

/** What a joined executable runs first, as one module. */
export async function bundleBoot(): Promise<string> {
  const files = await bundle(["pipeline/cli/standalone/boot.ts"]);
  return new TextDecoder().decode(files.values().next().value);
}

async function bundle(args: readonly string[]): Promise<Map<string, Uint8Array>> {
  const folder = await Deno.makeTempDir();
  try {
    const options = ["--quiet", "--platform=deno"];
    await runDeno("bundle", ...options, "--outdir", folder, ...args);
    return await readFolder(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The files below a folder by their paths with slashes, in the order of the paths. */
async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const files: [string, Uint8Array][] = [];
  const visit = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const inside = join(path, name);
      if (isDirectory) await visit(inside);
      else files.push([relative(folder, inside).replaceAll(sep, "/"), await Deno.readFile(inside)]);
    }
  };
  await visit(folder);
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A module that holds a data set. */
async function sampleModule(folder: string): Promise<string> {
  const contents = await readFolder(folder);
  const files = Object.fromEntries(
    Array.from(contents, ([path, bytes]) => [path, bytes.toBase64()]),
  );
  const text = JSON.stringify(files);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const name = `sample-${new Uint8Array(digest).toHex().slice(0, 12)}`;
  const sample: CarriedSample = { name, files };
  return Object.entries(sample)
    .map(([key, value]) => `export const ${key} = ${JSON.stringify(value)};\n`).join("");
}
