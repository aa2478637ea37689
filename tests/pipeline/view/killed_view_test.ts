import assert from "node:assert/strict";
import { join } from "node:path";
import { UNFINISHED } from "../../../pipeline/files/write_file.ts";
import { readTable } from "../../../pipeline/landmarks/files/landmark_file.ts";
import type { FaceDetail } from "../../../pipeline/view/wire.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { taskCommand } from "../../processes/task_command.ts";

const POINTS = Array.from({ length: 136 }, (_, i) => 40 + i / 2);
const LABELS = ["Bald", "Smiling"];

/** The command as a process; disposing it kills it at once. */
async function viewProcess(landmarks: string, runs: string): Promise<ServedView> {
  const args = ["--dataset", SAMPLE, "--landmarks", landmarks, "--run", runs];
  const process = taskCommand("view", args).spawn();
  const err = new Response(process.stderr).text();
  let said = "";
  const out = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!/^Open (.*)\n/.test(said)) {
    const { value, done } = await out.read();
    assert(!done, `it ended before it was open: ${done && await err}`);
    said += value;
  }
  return new ServedView(/^Open (.*)\n/.exec(said)![1]!, async () => {
    process.kill("SIGKILL");
    await Promise.all([process.status, out.cancel(), err]);
  });
}

/** A face once the landmarks have been read. */
async function faceOf(view: ServedView, id: number): Promise<FaceDetail> {
  for (;;) {
    const face = await view.ask<FaceDetail>(`/api/faces/${id}`);
    if (face.state !== null) return face;
  }
}

Deno.test("view: what was answered before the process was killed is there at the next start, and in whole files", () =>
  inFolder(async (folder) => {
    const path = join(folder, "faces.csv");
    const runs = join(folder, "runs");
    await Deno.mkdir(runs);
    await Deno.copyFile(SAMPLE_LANDMARKS, path);
    const before = await readTable(path);
    {
      await using view = await viewProcess(path, runs);
      const { revision } = await faceOf(view, 0);
      const points = { points: POINTS, revision };
      assert.equal((await view.send("PUT", "/api/faces/0/points", points))[0], 200);
      const labels = { labels: LABELS, revision: 0 };
      assert.equal((await view.send("PUT", "/api/faces/3/labels", labels))[0], 200);
    }
    assert.equal((await readTable(path)).names.size, before.names.size, "the file is whole");
    const labelPath = join(folder, "faces.labels.csv");
    // As if it had been at work on them.
    for (const file of [path, labelPath]) await Deno.writeTextFile(file + UNFINISHED, "image_na");
    {
      await using view = await ServedView.open({ landmarks: path, correcting: { file: path } });
      const placed = await faceOf(view, 0);
      assert.deepEqual([placed.points, placed.isCorrected], [POINTS, true]);
      assert.deepEqual((await faceOf(view, 3)).labels, LABELS);
    }
    const after = await readTable(path);
    assert.equal(after.names.size, before.names.size);
    assert.deepEqual(Array.from(after.get("000001.jpg")!), POINTS);
    assert.deepEqual(after.get("000002.jpg"), before.get("000002.jpg"));
    const rows = (await Deno.readTextFile(labelPath)).trimEnd().split("\n");
    assert.equal(rows.length, before.names.size + 1);
    assert.equal(rows[4]!.split(",").filter((cell) => cell === "1").length, LABELS.length);
    const left = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assert.deepEqual(left.filter((name) => name.endsWith(UNFINISHED)), []);
  }));
