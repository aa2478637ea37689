/** The program as a few modules without imports from outside: what an executable carries. */

import { basename, join, relative, resolve, sep } from "node:path";
import { bundleModules } from "../../files/browser_modules.ts";
import { MAIN_MODULE, PAGE_MODULE, SAMPLE_MODULE, VIEW_MODULE } from "../../files/standalone.ts";
import type { CarriedSample } from "../stages/shipped_sample.ts";

export const PROJECT: string = resolve(import.meta.dirname ?? ".", "..", "..", "..");

/** The modules of workers, which are started by their names. */
const WORKERS = [
  "pipeline/landmarks/face_worker.ts",
  "pipeline/image/reading/read_worker.ts",
  "pipeline/view/networks/network_worker.ts",
  "pipeline/view/trials/cut_worker.ts",
  "kernels/wasm/thread.ts",
];

/** What no module imports in so many words. */
export const STARTED_BY_NAME: readonly string[] = [
  ...WORKERS.map((worker) => basename(worker)),
  SAMPLE_MODULE,
  PAGE_MODULE,
  VIEW_MODULE,
];

/** Pages for browsers, each by the module that carries it. */
const PAGES: readonly (readonly [module: string, entry: string])[] = [
  [PAGE_MODULE, "pipeline/export/web/page.ts"],
  [VIEW_MODULE, "pipeline/view/page/app.tsx"],
];

/** CommonJS modules (tfjs's wasm backend) look at it when they start, and then read nothing there. */
const DIRNAME = `globalThis.__dirname ??= "";\n`;

/** Runs Deno. @throws {Error} With what it wrote to stderr, if it fails. */
export async function runDeno(cwd: string, ...args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** The program: its modules by name, the sample among them. */
export async function bundleProgram(): Promise<Map<string, Uint8Array>> {
  const files = await bundleEntry(MAIN_MODULE);
  const sample = await sampleModule(join(PROJECT, "data", "sample"));
  return files.set(SAMPLE_MODULE, new TextEncoder().encode(sample));
}

/**
 * An entry and all that it needs, workers and pages for browsers too: modules by name, with imports
 * between them relative and wasm and weights inside.
 */
export async function bundleEntry(name: string): Promise<Map<string, Uint8Array>> {
  const files = await bundle(["--code-splitting", name.replace(/js$/, "ts"), ...WORKERS]);
  const add = (name: string, text: string) => void files.set(name, new TextEncoder().encode(text));
  add(name, DIRNAME + new TextDecoder().decode(files.get(name)));
  for (const worker of WORKERS) {
    // What starts it looks beside itself, and has become part of a module at the top.
    add(basename(worker), `${DIRNAME}import "./${worker.replace(/ts$/, "js")}";\n`);
  }
  for (const [module, entry] of PAGES) {
    const modules = await bundleModules(join(PROJECT, entry));
    add(module, `export default ${JSON.stringify(modules)};\n`);
  }
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
    await runDeno(PROJECT, "bundle", ...options, "--outdir", folder, ...args);
    return await readFolder(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The files below a folder by their paths with slashes, in the order of the paths. */
export async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
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
