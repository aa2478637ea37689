/**
 * Which part of the program may know which, and that every folder says what lives in it.
 *
 * A room is a folder whose README says what it may import; what lies deeper belongs to it. A stage may import
 * every room and the stages before it, the command line all of them.
 */

import assert from "node:assert/strict";
import { basename, dirname, join, normalize } from "node:path/posix";
import { ROOT } from "./processes/task_command.ts";

/** The stages of `pipeline/` in their order, the command line last. */
const STAGES = [
  ...[
    "sample",
    "dataset",
    "pack",
    "landmarks",
    "segments",
    "train",
    "evaluate",
    "predict",
    "report",
    "export",
    "import",
  ],
  ...["compare", "view", "cli"],
];

/** Most files of a folder besides its README. */
const MOST_FILES = 20;

/** The contents of files by their paths below the project's folder. */
type Files = ReadonlyMap<string, string>;

async function filesBelow(folder: string, files = new Map<string, string>()): Promise<Files> {
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, name);
    if (isDirectory) await filesBelow(path, files);
    else files.set(path, await Deno.readTextFile(join(ROOT, path)));
  }
  return files;
}

/** What each TypeScript file imports of the others, types too. */
function importsOf(files: Files): Map<string, string[]> {
  const sources = [...files].filter(([path]) => /\.tsx?$/.test(path));
  return new Map(sources.map(([path, text]) => {
    const code = text.replace(/\/\*[^]*?\*\//g, "");
    const statements = code.matchAll(
      /^(?:import|export)\b[^;"]*?(?:from\s*)?"(?<from>\.[^"]+)"|import\(\s*"(?<lazy>\.[^"]+)"/gm,
    );
    const others = [...statements]
      .map(({ groups }) => normalize(join(dirname(path), groups!.from ?? groups!.lazy!)));
    return [path, others.filter((other) => files.has(other))];
  }));
}

/** What the README of a folder says it may import; null if it does not. */
function allowedIn(folder: string, files: Files): string[] | null {
  const line = /^May import: (.*)\.$/m.exec(files.get(join(folder, "README.md")) ?? "")?.[1];
  return line === undefined ? null : [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** The innermost room around a file; null if it is a stage's. */
function roomOf(path: string, files: Files): string | null {
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    if (allowedIn(folder, files)) return folder + "/";
  }
  return null;
}

/** The place of a file's stage in their order; rooms come before all of them, and tests behind. */
function stageOf(path: string): number {
  const [top, name = ""] = path.split("/");
  if (top === "tests") return STAGES.length;
  return top === "pipeline" ? STAGES.indexOf(name.replace(/\.ts$/, "")) : -1;
}

/** Whether a file is one of `pipeline/files/` or of `kernels/*.ts`. */
function isIn(path: string, place: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : `${dirname(path)}/*.ts` === place;
}

/** Imports that no README and no order allows, and what READMEs allow that nobody needs. */
function wrongImports(files: Files): string[] {
  const wrong: string[] = [];
  const needed = new Map<string, Set<string>>();
  for (const [path, others] of importsOf(files)) {
    const room = roomOf(path, files);
    for (const other of others) {
      if (room !== null && roomOf(other, files) === room) continue;
      const place = room && allowedIn(room, files)!.find((place) => isIn(other, place));
      if (place) needed.set(room, (needed.get(room) ?? new Set()).add(place));
      else if (room || stageOf(other) > stageOf(path)) wrong.push(`${path} imports ${other}`);
    }
  }
  for (const folder of new Set([...files.keys()].map(dirname))) {
    const unused = allowedIn(folder, files)?.filter((place) =>
      !needed.get(folder + "/")?.has(place)
    );
    for (const place of unused ?? []) wrong.push(`${folder} does not import ${place}`);
  }
  return wrong;
}

/** A circle, as `a → b → a`, for every import that closes one. */
function circles(imports: ReadonlyMap<string, Iterable<string>>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]) => {
    const at = way.indexOf(node);
    if (at >= 0) found.push([...way.slice(at), node].join(" → "));
    if (at >= 0 || done.has(node)) return;
    for (const other of imports.get(node) ?? []) visit(other, [...way, node]);
    done.add(node);
  };
  for (const node of imports.keys()) visit(node, []);
  return found;
}

/** The same between rooms and stages. */
function betweenRooms(files: Files): Map<string, Set<string>> {
  const partOf = (path: string) => roomOf(path, files) ?? STAGES[stageOf(path)] ?? path;
  const between = new Map<string, Set<string>>();
  for (const [path, others] of importsOf(files)) {
    const part = partOf(path);
    const needs = between.get(part) ?? new Set();
    between.set(part, needs);
    for (const other of others) if (partOf(other) !== part) needs.add(partOf(other));
  }
  return between;
}

/**
 * Folders without a word of what lives there, but for tests of a folder with one; folders with too many files;
 * and files at the top of `pipeline/` that are no stage.
 */
function wrongFolders(files: Files): string[] {
  const wrong: string[] = [];
  const folders = Map.groupBy(files.keys(), dirname);
  for (const [folder, paths] of folders) {
    const isMirror = folder.startsWith("tests/") && folders.has(folder.slice("tests/".length));
    const entry = files.get(folder + ".ts");
    if (!isMirror && !files.has(join(folder, "README.md")) && !entry?.includes("* @module")) {
      wrong.push(`${folder} has neither a README nor an entry file`);
    }
    const count = paths.filter((path) => basename(path) !== "README.md").length;
    if (count > MOST_FILES) wrong.push(`${folder} has ${count} files`);
  }
  const top = (folders.get("pipeline") ?? []).filter((path) => path.endsWith(".ts"));
  return [
    ...wrong,
    ...top.filter((path) => stageOf(path) < 0).map((path) => `${path} is no stage`),
  ];
}

const FILES: Files = new Map([
  ...await filesBelow("kernels"),
  ...await filesBelow("pipeline"),
  ...await filesBelow("tests"),
]);

Deno.test("imports point one way: command line → stages → rooms → kernels, without circles", () => {
  const imports = importsOf(FILES);
  assert(imports.size > 500, "the files are found");
  assert([...imports.values()].flat().length > 2000, "and their imports");
  assert.deepEqual(wrongImports(FILES), []);
  assert.deepEqual(circles(imports), []);
  assert.deepEqual(circles(betweenRooms(FILES)), []);
});

Deno.test("every folder says what lives in it, and has room for it", () => {
  assert.deepEqual(wrongFolders(FILES), []);
});

Deno.test("wrong imports and circles are found in whatever way they are written", () => {
  const files = new Map([
    ["kernels/README.md", "May import: nothing.\n"],
    ["kernels/a.ts", 'import type { B } from "../pipeline/files/b.ts";'],
    ["pipeline/files/README.md", "May import: `kernels/*.ts`, `pipeline/image/`.\n"],
    ["pipeline/files/b.ts", 'import {\n  a,\n  type A,\n} from "../../kernels/a.ts";'],
    ["pipeline/train.ts", 'const { c } = await import(\n  "./train/c.ts"\n);'],
    ["pipeline/train/c.ts", 'export * from "../files/b.ts";\nimport "../report/d.ts";'],
    ["pipeline/report/d.ts", '/** import { x } from "../cli.ts"; */\nimport "../train.ts";'],
    ["pipeline/cli.ts", 'import "./report/d.ts";\nimport "../tests/e.ts";'],
    ["tests/e.ts", 'import "../kernels/a.ts";'],
  ]);
  assert.deepEqual(wrongImports(files), [
    "kernels/a.ts imports pipeline/files/b.ts",
    "pipeline/train/c.ts imports pipeline/report/d.ts",
    "pipeline/cli.ts imports tests/e.ts",
    "pipeline/files does not import pipeline/image/",
  ]);
  assert.deepEqual(circles(importsOf(files)), [
    "kernels/a.ts → pipeline/files/b.ts → kernels/a.ts",
    "pipeline/train.ts → pipeline/train/c.ts → pipeline/report/d.ts → pipeline/train.ts",
  ]);
  assert.deepEqual(circles(betweenRooms(files)), [
    "kernels/ → pipeline/files/ → kernels/",
    "train → report → train",
  ]);
});

Deno.test("folders that say nothing or hold too much are found", () => {
  const full = Array.from({ length: MOST_FILES + 1 }, (_, i) => [`kernels/${i}.ts`, ""] as const);
  const files = new Map([
    ...[["kernels/README.md", ""], ["pipeline/README.md", ""], ["pipeline/helper.ts", ""]] as const,
    ...[["pipeline/train.ts", ""], ["pipeline/train/log.ts", ""]] as const,
    ...[["tests/kernels/a_test.ts", ""], ["tests/compute/b_test.ts", ""]] as const,
    ...full,
  ]);
  assert.deepEqual(wrongFolders(files), [
    "kernels has 21 files",
    "pipeline/train has neither a README nor an entry file",
    "tests/compute has neither a README nor an entry file",
    "pipeline/helper.ts is no stage",
  ]);
});
