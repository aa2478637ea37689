/** The library in projects elsewhere: from its source, and as the package that `deno task package` makes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import config from "../deno.json" with { type: "json" };
import { writePackage } from "../pipeline/cli/standalone/package.ts";
import { type Outcome, outcomeOf, ROOT } from "./processes/task_command.ts";

const FOLDER = await Deno.makeTempDir({ prefix: "attparsenet_library_" });
addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));
const PACKAGE = join(FOLDER, "package");
const SIZE = await writePackage(PACKAGE);

/** The README's program, which ends after its first face, with a sample and a library that lie elsewhere. */
async function readmeProgram(library: string): Promise<string> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, program] = /```ts\n(import [^`]*)```/.exec(readme)!;
  const replaced: [string, string][] = [
    [JSON.stringify(config.name), JSON.stringify(library)],
    ['"data/sample"', JSON.stringify(join(ROOT, "data", "sample"))],
    ["for await", "const left = { faces: 1 };\nfor await"],
    [") console.log(", ") {\n  if (left.faces-- === 0) break;\n  console.log("],
  ];
  return replaced.reduce((text, [from, to]) => {
    assert(text.includes(from), `the README's program has no ${from}`);
    return text.replace(from, to);
  }, program!).trimEnd() + "\n}\n";
}

function deno(cwd: string, ...args: string[]): Promise<Outcome> {
  const env = { NO_COLOR: "1" };
  return outcomeOf(new Deno.Command(Deno.execPath(), { args, cwd, env, stdin: "null" }));
}

/**
 * Runs the README's program in an empty folder with each address of the library, and checks its types and
 * those of one that is wrong.
 */
async function tryProject(settings: object | null, ...libraries: string[]): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: FOLDER });
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
  if (settings !== null) await write("deno.json", JSON.stringify(settings));
  const names: string[] = [];
  for (const [at, library] of libraries.entries()) {
    const program = await readmeProgram(library);
    await write(`main${at}.ts`, program);
    await write(`wrong${at}.ts`, `${program}export const size: string = dataset;\n`);
    const ran = await deno(folder, "run", "--no-prompt", "--allow-read", `main${at}.ts`);
    assert.match(ran.out, /^\d{6}\.jpg found\n$/, ran.err);
    names.push(`main${at}.ts`, `wrong${at}.ts`);
  }
  const { code, err } = await deno(folder, "check", ...names);
  assert.equal(code, 1, err);
  const fault = "TS2322 [ERROR]: Type 'Dataset' is not assignable to type 'string'.";
  assert.deepEqual(err.match(/^TS\d+.*/gm), libraries.map(() => fault), err);
  for (const at of libraries.keys()) assert.match(err, RegExp(`wrong${at}\\.ts`));
}

const mod = (path: string) => pathToFileURL(path).href;

Deno.test("a project that links the source imports the library by its name or path", async () => {
  const settings = { links: [ROOT], unstable: ["raw-imports"] };
  await tryProject(settings, config.name, mod(join(ROOT, "mod.ts")));
});

Deno.test("the package is imported by its path without any setting", () =>
  tryProject(null, mod(join(PACKAGE, "mod.js"))));

Deno.test("the package is linked, and imported by its name", () =>
  tryProject({ links: [PACKAGE] }, config.name));

Deno.test("the package has the whole interface, its page and its version", async () => {
  const source = await import("../mod.ts");
  // In a process of its own, since tfjs registers its kernels once.
  const listed = await deno(
    PACKAGE,
    "eval",
    'console.log(JSON.stringify(Object.keys(await import("./mod.js"))))',
  );
  assert.deepEqual(JSON.parse(listed.out).sort(), Object.keys(source).sort(), listed.err);
  const { default: page } = await import(mod(join(PACKAGE, "page.js")));
  assert("page.js" in page);
  const { version } = JSON.parse(await Deno.readTextFile(join(PACKAGE, "deno.json")));
  assert.equal(version, config.version);
});

Deno.test("deno publish accepts the package, and docs/commands.md states its size", async () => {
  const said = await deno(PACKAGE, "publish", "--dry-run", "--allow-dirty");
  assert.equal(said.code, 0, said.err);
  assert.match(said.err, /Dry run complete/);
  const warned = said.err.match(/^warning.*/gm);
  assert.deepEqual(warned, [
    "warning[unanalyzable-dynamic-import]: unable to analyze dynamic import",
  ]);
  const commands = await Deno.readTextFile(join(ROOT, "docs", "commands.md"));
  assert(commands.includes(`inside it: ${(SIZE / 2 ** 20).toFixed(0)} MiB`), `${SIZE} bytes`);
});
