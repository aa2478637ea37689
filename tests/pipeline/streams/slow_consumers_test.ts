/**
 * Commands between programs that are slow, stuck or gone: as processes, with the permissions of their
 * tasks. How far a command has worked is told by removing the images: what it decodes later, it rejects.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { exists, UNFINISHED } from "../../../pipeline/files/write_file.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { writeModel } from "../../../pipeline/train/files/model_folder.ts";
import { nameOf, repeatSample } from "../../endurance/repeated_sample.ts";
import { inFolder, pointsFrom, recordOf } from "../../fixtures/face_records.ts";
import { toJson } from "../../../pipeline/face/record_json.ts";
import { hasPs, pause, RunningCommand } from "../../processes/running_command.ts";
import type { TaskName } from "../../processes/task_command.ts";
import { smallConfig } from "../../contexts/train_context.ts";

const ignored = { ignore: !hasPs };

/** More images than a command decodes for a reader that reads nothing. */
const IMAGES = 500;
/** Bytes that wait in a pipe and in the streams at its end. */
const IN_PIPE = 4 * 65536;
/** MiB that a command may have while it waits, its threads included. */
const MOST_MEMORY = 1000;

/** A folder with faces and, for `predict`, an untrained run. */
async function withFaces(
  test: (folder: string, dataset: string, images: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const { dataset, images } = await repeatSample(folder, IMAGES);
    await test(folder, dataset, images);
  });
}

async function untrainedRun(folder: string): Promise<string> {
  const run = join(folder, "run");
  const { network: config, seed } = smallConfig();
  using _backend = await openBackend("wasm");
  const network = buildNetwork(config, seed);
  await writeModel(run, network);
  network.dispose();
  return run;
}

/** The commands that write a line for each image, and how many images they decode ahead. */
function writers(dataset: string, images: string, run: string): [TaskName, string[], number][] {
  const landmarks = ["--dataset", dataset, "--boxes", "aligned", "--out", "-"];
  return [
    ["landmarks", [...landmarks, "--backend", "wasm", "--threads", "2"], 32 * 2],
    ["predict", ["--run", run, images, "--backend", "wasm"], 8 + 2 * 8],
  ];
}

Deno.test(
  "a reader that reads nothing stops the work, and one that goes on loses nothing",
  ignored,
  () =>
    withFaces(async (folder, dataset, images) => {
      const commands = writers(dataset, images, await untrainedRun(folder));
      const stuck = commands.map(([task, args]) => new RunningCommand(task, args));
      const memory = await Promise.all(stuck.map((running) => running.stuck()));
      await Deno.remove(images, { recursive: true });
      for (const [i, [task, , ahead]] of commands.entries()) {
        const lines = await stuck[i]!.lines();
        assert.equal((await stuck[i]!.end()).code, 0);
        assert.deepEqual(
          lines.map(({ image }) => image.slice(-10)),
          Array.from({ length: IMAGES }, (_, face) => nameOf(face)),
        );
        const decoded = lines.filter(({ rejected }) => !rejected);
        const length = JSON.stringify(decoded[0]).length;
        assert(decoded.length > 0, task);
        const most = Math.ceil(IN_PIPE / length) + ahead;
        assert(decoded.length <= most, `${task} decoded ${decoded.length}, more than ${most}`);
        assert(memory[i]! < MOST_MEMORY, `${task} has ${memory[i]} MiB`);
      }
    }),
);

Deno.test(
  "a command whose reader is stuck ends with 130 when it is told to",
  ignored,
  () =>
    withFaces(async (folder, dataset, images) => {
      const commands = writers(dataset, images, await untrainedRun(folder));
      const stuck = commands.map(([task, args]) => new RunningCommand(task, args));
      await Promise.all(stuck.map((running) => running.stuck()));
      for (const running of stuck) {
        running.process.kill("SIGTERM");
        const { code, err } = await running.end();
        assert.equal(code, 130, err);
        assert.match(err, /^Interrupted\. /m);
        await running.leave();
      }
    }),
);

Deno.test(
  "a reader that goes away ends a command well",
  ignored,
  () =>
    withFaces(async (folder, dataset, images) => {
      const commands = writers(dataset, images, await untrainedRun(folder));
      const left = commands.map(([task, args]) => new RunningCommand(task, [...args, "--quiet"]));
      await Promise.all(left.map((running) => running.stuck()));
      for (const running of left) {
        await running.leave();
        assert.deepEqual(await running.end(), { code: 0, err: "" });
      }
    }),
);

Deno.test("segments waits for slow records, and ends with 130 while none come", () =>
  inFolder(async (folder) => {
    const args = (
      out: string,
    ) => ["--landmarks", "-", "--mask-size", "41x31", "--format", "none", "--quiet", "--out", out];
    const outs = ["slow", "silent"].map((name) => join(folder, name));
    const [slow, silent] = outs.map((out) => new RunningCommand("segments", args(out), "piped"));
    const inputs = [slow, silent].map((running) => running!.process.stdin.getWriter());
    for (let i = 0; i < 3; i++) {
      const line = toJson(recordOf(`${i}.jpg`, { labels: 1, points: pointsFrom(60 + i) }));
      const half = line.length >> 1;
      for (const part of [line.slice(0, half), line.slice(half) + "\n"]) {
        for (const input of inputs) await input.write(new TextEncoder().encode(part));
        await pause(150);
      }
    }
    while (!await exists(outs[1]!, "coverage.csv" + UNFINISHED)) await pause(50);
    silent!.process.kill("SIGTERM");
    const { code, err } = await silent!.end();
    assert.equal(code, 130, err);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(outs[1]!)), []);
    await inputs[0]!.close();
    assert.deepEqual(await slow!.end(), { code: 0, err: "" });
    const rows = (await Deno.readTextFile(join(outs[0]!, "coverage.csv"))).trimEnd().split("\n");
    assert.deepEqual(rows.map((row) => row.split(",")[0]), [
      "image_name",
      "0.jpg",
      "1.jpg",
      "2.jpg",
    ]);
    await Promise.all([slow, silent].map((running) => running!.leave()));
    await inputs[1]!.abort().catch(() => {});
  }));

Deno.test("predict ends with 130 while no paths come", () =>
  inFolder(async (folder) => {
    const args = ["--run", await untrainedRun(folder), "-", "--backend", "wasm"];
    const running = new RunningCommand("predict", args, "piped");
    const input = running.process.stdin.getWriter();
    await input.write(new TextEncoder().encode("nowhere.jpg\n"));
    await running.speaks();
    running.process.kill("SIGTERM");
    const { code, err } = await running.end();
    assert.equal(code, 130, err);
    await running.leave();
    await input.abort().catch(() => {});
  }));
