/**
 * Which part of the program may know which: the command line knows the pipeline, the pipeline knows the
 * kernels, and nothing knows what is above it.
 */

import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path/posix";
import { ROOT } from "./processes/task_command.ts";

/** The layers, each of which may import those before it; a file belongs to the last that fits. */
const LAYERS = [/^kernels\//, /^pipeline\//, /^pipeline\/cli(\.ts|\/)/, /^mod\.ts/, /^tests\//];

/** TypeScript files by their paths below the project's folder. */
type Sources = ReadonlyMap<string, string>;

async function sourcesBelow(folder: string, sources = new Map<string, string>()): Promise<Sources> {
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, name);
    if (isDirectory) await sourcesBelow(path, sources);
    else if (name.endsWith(".ts")) sources.set(path, await Deno.readTextFile(join(ROOT, path)));
  }
  return sources;
}

/** What a file imports from other files of the project; types too, unless only values are asked for. */
function importsOf(path: string, text: string, what: "all" | "values"): string[] {
  const code = text.replace(/\/\*[^]*?\*\//g, "");
  const statements = code.matchAll(
    /^(?:import|export)\b(?<names>[^;"]*?)(?:from\s*)?"(?<from>\.[^"]+)"|import\("(?<lazy>\.[^"]+)"\)/gm,
  );
  return [...statements].filter(({ groups }) => what === "all" || !isOfTypes(groups!.names ?? ""))
    .map(({ groups }) => normalize(join(dirname(path), groups!.from ?? groups!.lazy!)));
}

/** Whether all names between `import` and `from` are types, which leave nothing at run time. */
function isOfTypes(names: string): boolean {
  if (/^\s*type\b/.test(names)) return true;
  const listed = /\{([^]*)\}/.exec(names)?.[1]?.split(",").filter((name) => name.trim() !== "");
  return listed?.every((name) => /^\s*type\b/.test(name)) ?? false;
}

function layerOf(path: string): number {
  return LAYERS.findLastIndex((layer) => layer.test(path));
}

/** The part of a layer that a file belongs to: the stage of `pipeline/train.ts` and `pipeline/train/`. */
function partOf(path: string): string {
  const [layer, stage = ""] = path.split("/");
  return layer === "pipeline" ? join(layer, stage.replace(/\.ts$/, "")) : layer!;
}

/** Imports from below to above. */
function upwardImports(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    importsOf(path, text, "all")
      .filter((other) => layerOf(other) > layerOf(path))
      .map((other) => `${path} imports ${other}`)
  );
}

/** Rings of parts that need each other at run time, as `a → b → a`. */
function rings(sources: Sources): string[] {
  const needs = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const part = partOf(path);
    const others = needs.get(part) ?? new Set();
    needs.set(part, others);
    for (const other of importsOf(path, text, "values")) {
      if (partOf(other) !== part) others.add(partOf(other));
    }
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (part: string, way: readonly string[]) => {
    const at = way.indexOf(part);
    if (at >= 0) found.push([...way.slice(at), part].join(" → "));
    if (at >= 0 || done.has(part)) return;
    for (const other of needs.get(part) ?? []) visit(other, [...way, part]);
    done.add(part);
  };
  for (const part of needs.keys()) visit(part, []);
  return found;
}

Deno.test("imports point one way: command line → pipeline → kernels, without rings", async () => {
  const sources = new Map([
    ...await sourcesBelow("kernels"),
    ...await sourcesBelow("pipeline"),
    ["mod.ts", await Deno.readTextFile(join(ROOT, "mod.ts"))] as const,
  ]);
  assert(sources.size > 200, "the files are found");
  const known = [...sources].flatMap(([path, text]) => importsOf(path, text, "all"));
  assert(known.length > 800, "and their imports");
  assert.deepEqual(upwardImports(sources), []);
  assert.deepEqual(rings(sources), []);
});

Deno.test("imports that point up, and rings, are found in whatever way they are written", () => {
  const sources = new Map([
    ["kernels/a.ts", 'import type { B } from "../pipeline/b.ts";'],
    ["pipeline/b.ts", 'import {\n  c,\n  type D,\n} from "./c/d.ts";\nimport "./cli/e.ts";'],
    ["pipeline/c/d.ts", 'const { b } = await import("../b.ts");\nexport * from "./f.ts";'],
    ["pipeline/c/f.ts", '/** import { x } from "../cli.ts"; */'],
    ["pipeline/cli/e.ts", 'import { type B } from "../b.ts";'],
  ]);
  assert.deepEqual(upwardImports(sources), [
    "kernels/a.ts imports pipeline/b.ts",
    "pipeline/b.ts imports pipeline/cli/e.ts",
  ]);
  assert.deepEqual(rings(sources), ["pipeline/b → pipeline/c → pipeline/b"]);
});
