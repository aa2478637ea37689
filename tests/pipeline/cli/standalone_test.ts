/**
 * The program as one file, as it is shipped: on a machine without Deno, Node or network, in a folder that
 * cannot be written, as another user. Every kind of file that can be built here answers to the same tests.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { build, type Made } from "../../../pipeline/cli/standalone/build.ts";
import { joinExecutable } from "../../../pipeline/cli/standalone/executable.ts";
import { openPayload, packPayload } from "../../../pipeline/cli/standalone/payload.ts";
import { bundleProgram } from "../../../pipeline/cli/standalone/bundle.ts";
import { permissionFlags } from "../../../pipeline/cli/permissions.ts";
import { exists, writeFile } from "../../../pipeline/files/write_file.ts";
import { MAIN_MODULE } from "../../../pipeline/files/standalone.ts";
import { BareMachine } from "../../processes/bare_machine.ts";
import { hasTerminals, TerminalTrial } from "../../processes/on_terminal.ts";
import { PICTURE_FILES } from "../../fixtures/picture_files.ts";
import { ROOT, taskCommand } from "../../processes/task_command.ts";

/** Where the files are built, once for all tests. */
const BUILT = await Deno.makeTempDir({ prefix: "attparsenet_built_" });
addEventListener("unload", () => Deno.removeSync(BUILT, { recursive: true }));

const modules = bundleProgram();

async function buildKind(kind: Made): Promise<string | null> {
  const out = join(BUILT, kind.replace(" ", "_"));
  const options = { out, target: null, deno: null, join: kind === "joined" };
  const made = await build(options, () => {}, modules);
  return made === kind ? out : null;
}

const kinds: readonly (readonly [Made, string | null])[] = [
  ["joined", Deno.build.os === "linux" ? await buildKind("joined") : null],
  // Asking for denort costs seconds where there is no network.
  ["deno compile", Deno.env.has("DENORT_BIN") ? await buildKind("deno compile") : null],
];

for (const [kind, program] of kinds) {
  const ignore = program === null;
  if (ignore) {
    Deno.stderr.writeSync(new TextEncoder().encode(`NO ${kind.toUpperCase()}: SKIPPED.\n`));
  }

  Deno.test(
    `a standalone file (${kind}) runs every stage on a bare machine`,
    { ignore },
    async () => {
      await using machine = await BareMachine.make(program!);
      await machine.result("sample", "--count", "8", "--out", "acht Gesichter", "--seed", "7");
      const [run, faces] = ["ein Lauf", "acht Gesichter"];
      const training = ["--epochs", "1", "--backend", "wasm"];
      const placing = ["--predictor", "face-api"];
      const done = await machine.result(
        ...["pipeline", "--dataset", faces, "--out", run, ...training, ...placing],
      );
      assert.equal((done.landmarks as { faces: number }).faces, 8);
      assert.ok(await exists(machine.path(run, "report.html")));

      // The shipped sample, of which few faces are trained on.
      const [table, few] = ["data/sample/Anno/list_landmarks_68.csv", machine.path("wenige.csv")];
      const lines = (await Deno.readTextFile(join(ROOT, table))).split("\n").slice(0, 1 + 24);
      await Deno.writeTextFile(few, lines.join("\n") + "\n");
      const known = ["--landmarks", "wenige.csv", "--allow-missing", "1"];
      const shipped = await machine.run("pipeline", "--out", "Muster", ...known, ...training);
      assert.equal(shipped.code, 0, shipped.err);
      assert.match(shipped.err, /^data set .*sample-\w+: 480 faces$/m);
      assert.ok(await exists(machine.path("Muster", "report.html")));

      const sample = join(machine.root, machine.home, faces);
      await machine.result("landmarks", "--dataset", faces, "--out", "punkte.csv");
      await machine.result(
        ...["segments", "--landmarks", "punkte.csv", "--out", "masken", "--mask-size", "41x31"],
        ...["--attributes", `${faces}/Anno/list_attr_celeba.txt`, "--image-size", "218x178"],
      );
      assert.ok(await exists(machine.path("masken", "masks_41x31.bits")));
      const images = join(faces, "Img", "img_align_celeba");
      await machine.result("predict", "--run", run, images, "--out", "wahr.csv", "--maps", "wo");
      await machine.result("evaluate", "--run", run, "--dataset", faces, "--split", "train");
      await machine.result("report", "--run", run);
      for (const format of ["onnx", "pytorch", "web"]) {
        await machine.result("export", "--run", run, "--format", format, "--out", "Netz");
      }
      await machine.result("import", "--from", "Netz/model.onnx", "--out", "zurück");
      assert.ok(await exists(machine.path("zurück", "model", "weights.bin")));
      assert.ok(await exists(machine.path("Netz", "page.js")));
      assert.match(
        await Deno.readTextFile(machine.path("Netz", "attparsenet.py")),
        /^import torch$/m,
      );
      const { count } = await machine.result(
        ...["export", "--dataset", faces, "--landmarks", "punkte.csv", "--out", "Teile"],
        ...["--format", "webdataset"],
      );
      assert.equal((count as { used: number }).used, 8);

      // Every kind of picture; none of these has a face.
      await Deno.mkdir(machine.path("Bilder"));
      const pictures = Object.entries(PICTURE_FILES);
      for (const [i, [, bytes]] of pictures.entries()) {
        await Deno.writeFile(machine.path("Bilder", `Nummer ${i}`), bytes);
      }
      const { rejected } = await machine.result(
        ...["landmarks", "--images", "Bilder", "--detector", "tiny", "--out", "b.csv"],
      );
      assert.equal(rejected, pictures.length);
      const reasons = await Deno.readTextFile(machine.path("b.rejected.ndjson"));
      assert.equal(reasons.split("no face found").length, pictures.length + 1, reasons);

      // The same from the source, on this machine.
      const args = [
        "--run",
        machine.path(run),
        join(sample, "Img", "img_align_celeba"),
        "--backend",
        "wasm",
      ];
      const out = join(BUILT, "from_source.csv");
      const { code, stderr } = await taskCommand("predict", [...args, "--out", out]).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const text = (path: string) => Deno.readTextFile(path);
      assert.equal(await text(machine.path("wahr.csv")), await text(out));
    },
  );

  Deno.test(
    `a standalone file (${kind}) leaves on a terminal what it writes into a pipe`,
    { ignore: ignore || !hasTerminals },
    async () => {
      // What Deno itself says comes with any command; all of them are run as tasks.
      await using trial = await TerminalTrial.make([program!], 6);
      await trial.run((index) => [100, 200, 60][index % 3]!);
    },
  );

  Deno.test(
    `a standalone file (${kind}) is the program and nothing else`,
    { ignore },
    async (t) => {
      await using machine = await BareMachine.make(program!);
      await t.step("says its version and helps by its own name", async () => {
        assert.equal((await machine.run("--version")).out.trim(), config.version);
        const { out } = await machine.run("train", "--help");
        assert.match(out, /^Usage: attparsenet train /);
        assert.doesNotMatch(out, /deno task/);
      });
      await t.step("does not hand words on to Deno", async () => {
        for (const args of [["eval", "1"], ["run", "x.js"], ["--allow-net"], ["repl"]]) {
          const { code, err } = await machine.run(...args);
          assert.equal(code, 2, err);
          assert.match(err, /^Error: .*See: attparsenet --help\n$/);
        }
      });
      await t.step("takes nothing from the folder in which it runs", async () => {
        const broken = {
          imports: { "node:path": "./gone.ts" },
          unstable: ["nothing"],
          type: "commonjs",
        };
        for (const name of ["deno.json", "package.json"]) {
          await Deno.writeTextFile(machine.path(name), JSON.stringify(broken));
        }
        await Deno.writeTextFile(machine.path(".npmrc"), "registry=http://127.0.0.1:1/");
        assert.equal((await machine.run("--version")).out.trim(), config.version);
        assert.equal((await machine.result("sample", "--count", "1", "--out", "eins")).count, 1);
      });
      await t.step("finds what is missing and says what is wrong", async () => {
        assert.equal((await machine.result("doctor")).deno, Deno.version.deno);
        const { code, err } = await machine.run("report", "--run", "nirgends");
        assert.equal(code, 1);
        assert.match(err, /^Error: .*nirgends/);
      });
    },
  );
}

Deno.test("the bundled modules run as files, which is how deno compile has them", async () => {
  const folder = join(BUILT, "modules");
  for (const [name, bytes] of await modules) await writeFile(join(folder, name), bytes);
  const run = async (...args: string[]) => {
    const options = [...permissionFlags(["read", "write", "cache"]), "--no-config", "--no-npm"];
    const words = ["run", ...options, join(folder, MAIN_MODULE), ...args, "--quiet"];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: words }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  };
  const faces = join(BUILT, "faces");
  await run("sample", "--count", "8", "--out", faces);
  const out = join(BUILT, "run");
  await run("pipeline", "--dataset", faces, "--out", out, "--epochs", "1", "--backend", "wasm");
  assert.match(await Deno.readTextFile(join(out, "report.html")), /attparsenet train/);
});

Deno.test("a stand-in for denort that is none is seen, and the file joined", {
  ignore: kinds[0]![1] === null || Deno.env.has("DENORT_BIN"),
}, async () => {
  Deno.env.set("DENORT_BIN", Deno.execPath());
  try {
    const out = join(BUILT, "stand_in");
    const lines: string[] = [];
    const options = { out, target: null, deno: null, join: false };
    assert.equal(await build(options, (line) => lines.push(line), modules), "joined");
    assert.match(lines.join(), /^deno compile cannot: the file is not the program: it says "deno /);
    const { stdout } = await new Deno.Command(out, { args: ["--version"] }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), config.version);
    const target = Deno.build.arch === "x86_64" ? "aarch64" : "x86_64";
    const foreign = { ...options, target: `${target}-unknown-linux-gnu` };
    const other = build(foreign, () => {}, modules);
    await assert.rejects(other, /There is no file for .*; name a Deno executable of that platform/);
  } finally {
    Deno.env.delete("DENORT_BIN");
  }
});

Deno.test("a joined executable that is cut off says so", {
  ignore: kinds[0]![1] === null,
}, async () => {
  const cut = join(BUILT, "cut");
  await Deno.copyFile(kinds[0]![1]!, cut);
  const { size } = await Deno.stat(cut);
  await Deno.truncate(cut, size - 1);
  const { code, stderr } = await new Deno.Command(cut, { args: ["--version"] }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /^Error: .*cut is cut off, and must be fetched/);
});

Deno.test("joinExecutable() refuses what it cannot join", () => {
  const words = () => ({ args: [], env: [] });
  const join = (bytes: Uint8Array) => () => joinExecutable(bytes, new Uint8Array(), words);
  assert.throws(join(new TextEncoder().encode("#!/bin/sh\n")), /not of Linux/);
  const header = new Uint8Array(128);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  header[18] = 243; // RISC-V
  assert.throws(join(header), /neither x86_64 nor aarch64/);
  header[18] = 62;
  assert.throws(join(header), /no note/);
});

Deno.test("openPayload() gives back what packPayload() took", async () => {
  const files = new Map([
    ["a/b.js", new TextEncoder().encode("één")],
    ["empty", new Uint8Array()],
    ["c", new Uint8Array([1, 2, 3])],
  ]);
  const path = join(BUILT, "payload");
  await Deno.writeFile(path, new Uint8Array([9, 9, ...packPayload(files)]));
  const read = openPayload(path, 2);
  for (const [name, bytes] of files) assert.deepEqual(read(name), bytes, name);
  assert.throws(() => read("d"), /holds no d/);
});

Deno.test("decoders of rare pictures are loaded with the first such picture", async () => {
  const graph = await graphOf("pipeline/landmarks/face_worker.ts");
  const rare = /jsquash\/(webp|avif)|gif\.wasm/;
  const wanted = graph.modules.filter(({ specifier }) => rare.test(specifier)).length;
  assert.ok(wanted >= 3, "the graph has them");
  const loaded = [...staticModules(graph, graph.roots[0]!)];
  assert.deepEqual(loaded.filter((name) => rare.test(name)), []);
  assert.ok(loaded.some((name) => /jsquash\/jpeg/.test(name)), `${loaded}`);
  // Each has a module of its own among those of the file.
  const sizes = Array.from(await modules, ([name, { length }]) => ({ name, length }));
  const avif = sizes.filter(({ name }) => name.includes("libavif"));
  assert.ok(avif.length === 1 && avif[0]!.length > 1e6, JSON.stringify(avif));
});

Deno.test("the command line loads nothing heavy before it is needed", async () => {
  const graph = await graphOf("pipeline/cli.ts");
  const loaded = staticModules(graph, graph.roots[0]!);
  const packages = [...loaded].filter((name) => name.startsWith("npm:"));
  assert.deepEqual(packages.map((name) => /commander/.test(name)), [true], `${packages}`);
  const bytes = graph.modules.filter(({ specifier }) => loaded.has(specifier))
    .reduce((sum, { size = 0 }) => sum + size, 0);
  assert.ok(bytes < 300_000, `${bytes} bytes of modules are loaded for --help`);
});

/** What a module imports, as `deno info` has it. */
async function graphOf(module: string): Promise<Graph> {
  const args = ["info", "--json", module];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly size?: number;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The modules that come with one, without those that it imports when it needs them. */
function staticModules({ modules }: Graph, root: string): Set<string> {
  const found = new Set<string>();
  const visit = (specifier: string): void => {
    if (found.has(specifier)) return;
    found.add(specifier);
    const module = modules.find((module) => module.specifier === specifier);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code && !isDynamic) visit(code.specifier);
    }
  };
  visit(root);
  return found;
}
