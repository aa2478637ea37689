/**
 * The commands as a user runs them: in processes of their own, with the permissions of their tasks.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { PROGRAM } from "../../../pipeline/cli/program.ts";
import { exists } from "../../../pipeline/files/write_file.ts";
import { readCheckpoint } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import {
  type Outcome,
  outcomeOf,
  ROOT,
  taskCommand,
  type TaskName,
} from "../../processes/task_command.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const SAMPLE = join(ROOT, "data", "sample");
const TRUE_POINTS = join(SAMPLE, "Anno", "list_landmarks_68.csv");

function run(task: TaskName, args: readonly string[], env = {}): Promise<Outcome> {
  return outcomeOf(taskCommand(task, args, env));
}

/** Runs what must work; returns the object of the last line on stdout. */
async function result(task: TaskName, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(task, [...args, "--json"]);
  assert.equal(code, 0, err);
  return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
}

/** Runs what must fail, with one line on stderr that matches. */
async function fails(code: number, line: RegExp, task: TaskName, ...args: string[]): Promise<void> {
  const outcome = await run(task, [...args, "--quiet"]);
  assert.equal(outcome.code, code, outcome.err);
  assert.match(outcome.err, line);
  assert.equal(outcome.err.trimEnd().split("\n").length, 1, outcome.err);
  assert.equal(outcome.out, "");
}

/** The first `count` faces of the sample as a data set: three quarters train, the rest is halved. */
async function makeDataset(folder: string, count: number): Promise<string> {
  const table = await Deno.readTextFile(join(SAMPLE, "Anno", "list_attr_celeba.txt"));
  const [, names = "", ...rows] = table.trimEnd().split("\n");
  const kept = rows.slice(0, count);
  const images = kept.map((row) => row.split(/\s/)[0] ?? "");
  const root = join(folder, "faces");
  await Deno.mkdir(join(root, "img_align_celeba"), { recursive: true });
  for (const image of images) {
    const from = join(SAMPLE, "Img", "img_align_celeba", image);
    await Deno.copyFile(from, join(root, "img_align_celeba", image));
  }
  const split = (at: number) => at < 0.75 * count ? 0 : at < 0.875 * count ? 1 : 2;
  const partition = images.map((image, at) => `${image} ${split(at)}`);
  await Deno.writeTextFile(join(root, "list_eval_partition.txt"), partition.join("\n") + "\n");
  await Deno.writeTextFile(
    join(root, "list_attr_celeba.txt"),
    [count, names, ...kept].join("\n") + "\n",
  );
  return root;
}

Deno.test("every task of a command prints help with exit code 0", async () => {
  const tasks = Object.entries(config.tasks).filter(([, { command }]) => command.includes("cli.ts"))
    .map(([name]) => name);
  assert.deepEqual(tasks.toSorted(), PROGRAM.commands.map(({ name }) => name).toSorted());
  await Promise.all(tasks.map(async (name) => {
    const { code, out } = await run(name as TaskName, ["--", "--help"]);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`Usage: deno task ${name} `));
    assert.match(out, /Examples:/);
  }));
});

Deno.test("wrong usage ends with 2 and one line, and with --json an object", async () => {
  await Promise.all([
    fails(2, /^Error: Unknown option '--epoch' \(Did you mean --epochs\?\)/, "train", "--epoch"),
    fails(2, /^Error: --dataset DIR is needed/, "train"),
    fails(2, /^Error: Either --dataset DIR or --images DIR/, "landmarks", "--out", "x.csv"),
    fails(2, /^Error: --resume needs --out RUN/, "pipeline", "--resume"),
  ]);
  const { code, out } = await run("sample", ["--count", "many", "--json"]);
  assert.equal(code, 2);
  assert.match(JSON.parse(out).error, /^--count many: expected a whole number/);
});

Deno.test("bad input ends with 1 and one line, before anything is written", () =>
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await fails(1, /^Error: There is no folder .*nowhere/, "pipeline", "--dataset", "nowhere");
    const root = await makeDataset(folder, 8);
    const labels = join(folder, "labels.txt");
    const table = await Deno.readTextFile(join(root, "list_attr_celeba.txt"));
    await Deno.writeTextFile(labels, table.replace("Bald", "Bold"));
    const own = ["--dataset", root, "--backend", "wasm", "--out", out];
    await fails(1, /labels\.txt:2: .*"Bold"/, "pipeline", ...own, "--labels", labels);
    const points = join(folder, "67.csv");
    const rows = (await Deno.readTextFile(TRUE_POINTS)).split("\n");
    const shorter = rows.map((row) => row.split(",").slice(0, -2).join(","));
    await Deno.writeTextFile(points, shorter.join("\n"));
    await fails(1, /68 points .*67\.csv:1 /, "train", ...own, "--landmarks", points);
    await fails(1, /^Error: There is no file .*nofile/, "train", ...own, "--landmarks", "nofile");
    assert(!await exists(out), "something was written");
  }));

Deno.test("landmarks | segments by records gives what the same stages give by files", () =>
  inFolder(async (folder) => {
    const root = await makeDataset(folder, 4);
    await Deno.writeTextFile(join(root, "img_align_celeba", "000002.jpg"), "no image");
    const sizes = ["--image-size", "218x178", "--mask-size", "96x76"];
    const points = join(folder, "points.csv");
    const found = await result("landmarks", "--dataset", root, "--out", points);
    assert.deepEqual([found.images, found.found, found.rejected], [4, 3, 1]);
    const rejected = await Deno.readTextFile(join(folder, "points.rejected.ndjson"));
    assert.equal(JSON.parse(rejected).image, "000002.jpg");
    const attributes = join(root, "list_attr_celeba.txt");
    const files = ["--landmarks", points, "--attributes", attributes];
    await result("segments", ...files, ...sizes, "--out", join(folder, "by_files"));

    const records = taskCommand("landmarks", ["--dataset", root, "--out", "-"]).spawn();
    const [, ...words] = config.tasks.segments.command.split(" ");
    const reader = new Deno.Command(Deno.execPath(), {
      args: [...words, "--landmarks", "-", ...sizes, "--out", join(folder, "by_records")],
      cwd: ROOT,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await Promise.all([records.stdout.pipeTo(reader.stdin), records.stderr.cancel()]);
    assert.equal((await records.status).code, 0);
    assert.equal((await reader.status).code, 0);
    for (const name of ["coverage.csv", "empty_masks.csv", "masks_96x76.bits"]) {
      const [a, b] = await Promise.all(
        ["by_files", "by_records"].map((way) => Deno.readFile(join(folder, way, name))),
      );
      assert.deepEqual(a, b, name);
    }
  }));

Deno.test("a reader that leaves ends the stage without an error", async () => {
  const args = ["--dataset", SAMPLE, "--shard", "1/60", "--out", "-"];
  const process = taskCommand("landmarks", args).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const err = await new Response(process.stderr).text();
  assert.equal((await process.status).code, 0, err);
  assert(!/Error/.test(err), err);
});

Deno.test("shards concatenate to the whole", () =>
  inFolder(async (folder) => {
    const root = await makeDataset(folder, 4);
    const parts = await Promise.all(["1/2", "2/2", "1/1"].map(async (shard) => {
      const out = join(folder, `${shard.replace("/", "_")}.csv`);
      await result("landmarks", "--dataset", root, "--shard", shard, "--out", out);
      return (await Deno.readTextFile(out)).trimEnd().split("\n");
    }));
    const [one = [], two = [], whole = []] = parts;
    assert.deepEqual([...one, ...two.slice(1)], whole);
  }));

Deno.test("pipeline runs to the report, refuses its folder the second time, and predicts", () =>
  inFolder(async (folder) => {
    const root = await makeDataset(folder, 8);
    const out = join(folder, "run");
    const args = ["--dataset", root, "--epochs", "1", "--backend", "wasm", "--out", out];
    const done = await result("pipeline", ...args, "--batch", "4");
    assert.equal(done.run, out);
    assert.match(await Deno.readTextFile(String(done.report)), /<html/);
    const metrics = JSON.parse(await Deno.readTextFile(join(out, "metrics.json")));
    const { schema: _, attributes: __, evidence, ...means } = metrics;
    const { attributes: ___, bins: ____, ...evidenceOfMeans } = evidence;
    const told = { ...means, evidence: evidenceOfMeans };
    assert.deepEqual(done.metrics, told);
    assert(await exists(out, "segments", "coverage.csv"));
    await fails(1, /already exists: use --resume/, "pipeline", ...args);

    const image = join(root, "img_align_celeba", "000001.jpg");
    const predict = ["--run", out, "--backend", "wasm", image, "deno.json"];
    const { code, out: lines } = await run("predict", predict);
    assert.equal(code, 0);
    const [first, second] = lines.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(Object.keys(first.probabilities).length, 40);
    assert.match(second.rejected, /is no picture of a known kind/);
    const own = ["--run", out, "--backend", "wasm"];
    const csv = join(folder, "predictions.csv");
    const pattern = join(root, "**", "00000[1-3].jpg");
    const counts = await result("predict", ...own, pattern, "--out", csv);
    assert.deepEqual(counts, { images: 3, rejected: 0, out: csv });
    assert.match(
      await Deno.readTextFile(csv),
      /^image_name,5_o_Clock_Shadow,[^]*\nimg_align_celeba\/000003\.jpg,/,
    );
    const none = await run("predict", [...own, "deno.json", "--quiet"]);
    assert.equal(none.code, 1);
    assert.match(none.err, /^Error: None of 1 images could be used\n$/);
    await fails(
      2,
      /--out x\.txt: expected .* \.ndjson or \.csv/,
      "predict",
      ...own,
      "-",
      "--out",
      "x.txt",
    );
    await fails(
      2,
      /expected a probability from 0 to 1/,
      "predict",
      ...own,
      "-",
      "--threshold",
      "2",
    );

    const again = ["--run", out, "--dataset", root, "--backend", "wasm"];
    const measured = await result("evaluate", ...again);
    assert.deepEqual(measured, { ...told, file: join(out, "metrics.json") });
    assert(JSON.stringify(measured).length < 5000, "the last line is for a glance");
    const { occlusion } = await result(
      "evaluate",
      ...again,
      "--occlude",
      "--occlude-faces",
      "1",
    ) as {
      occlusion: { faces: number; means: object };
    };
    assert.deepEqual([occlusion.faces, typeof occlusion.means], [1, "object"]);
    await fails(2, /--occlude-faces needs --occlude/, "evaluate", ...again, "--occlude-faces", "2");

    const network = join(folder, "network");
    const options = ["--run", out, "--format", "safetensors", "--out", network];
    const { files } = await result("export", ...options);
    const back = join(folder, "back");
    await result("import", "--from", (files as string[])[0]!, "--out", back);
    await result("evaluate", "--run", back, ...again.slice(2));
    await fails(
      2,
      /--layout and --keep-batch-norm need --format onnx/,
      "export",
      ...options,
      "--layout",
      "nhwc",
    );

    const page = join(folder, "comparison.html");
    const { settings } = await result("compare", out, out, "--out", page);
    assert.equal((settings as unknown[]).length, 1, "a run and itself are one setting");
    assert.match(await Deno.readTextFile(page), /<html/);
    await fails(2, /Two runs or more are needed/, "compare", out);
  }));

Deno.test("an interrupted training ends with 130, says how to go on, and goes on", () =>
  inFolder(async (folder) => {
    const root = await makeDataset(folder, 8);
    const out = join(folder, "run");
    const args = ["--dataset", root, "--landmarks", TRUE_POINTS, "--backend", "wasm"];
    const long = [...args, "--epochs", "200", "--keep-best", "0", "--resume", "--out", out];
    const last = join(out, "checkpoints", "last.safetensors");
    // A dropped connection first, then Ctrl-C.
    for (const signal of ["SIGHUP", "SIGINT"] as const) {
      const training = taskCommand("train", long).spawn();
      const err = new Response(training.stderr).text();
      await training.stdout.cancel();
      const written = async () => (await Deno.stat(last).catch(() => null))?.mtime?.getTime();
      const before = await written();
      while (await written() === before) await new Promise((resolve) => setTimeout(resolve, 50));
      training.kill(signal);
      assert.equal((await training.status).code, 130, await err);
      assert.match(await err, /Interrupted\. Go on with: deno task train .*--resume .*\n$/);
      const { metadata } = await readCheckpoint(last);
      const steps = (await Deno.readTextFile(join(out, "log.ndjson"))).trimEnd().split("\n")
        .filter((line) => line.includes('"step",'));
      assert.equal(metadata.step, steps.length, "the checkpoint is of the last step");
    }
    const log = () => Deno.readTextFile(join(out, "log.ndjson"));
    const epochs = (await log()).split("\n").filter((line) => line.includes('"epoch",')).length;
    const more = String(epochs + 2);
    await result("train", ...args, "--epochs", more, "--out", out, "--resume");
    const lines = (await log()).trimEnd().split("\n").map((line) => JSON.parse(line));
    const numbers = lines.filter(({ type }) => type === "epoch").map(({ epoch }) => epoch);
    assert.deepEqual(numbers, Array.from({ length: epochs + 2 }, (_, epoch) => epoch));
  }));

Deno.test("setup changes nothing where it may not, and never fails", async () => {
  const { code, err } = await run("setup", [], { ATTPARSENET_SETUP: "off" });
  assert.equal(code, 0);
  assert.match(err, /^Setup: WebGPU has .*\n$/);
});

Deno.test("the completion script for bash is valid bash", async () => {
  const { code, out } = await run("completions", ["bash"]);
  assert.equal(code, 0);
  const bash = new Deno.Command("bash", { args: ["-n"], stdin: "piped", stderr: "piped" });
  try {
    const process = bash.spawn();
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(out));
    await writer.close();
    const { success, stderr } = await process.output();
    assert(success, new TextDecoder().decode(stderr));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
});
