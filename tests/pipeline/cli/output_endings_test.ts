/** Files are written in the form that their name's ending says, or refused before any work. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  importLandmarks,
  readLandmarks,
  rejectedPath,
  unfinishedPath,
  writeLandmarks,
} from "../../../pipeline/landmarks.ts";
import { parseArguments } from "../../../pipeline/cli/parse_arguments.ts";
import { PROGRAM } from "../../../pipeline/cli/program.ts";
import { inFolder, pointsFrom, recordOf, run } from "../../fixtures/face_records.ts";
import { outcomeOf, ROOT, taskCommand, type TaskName } from "../../processes/task_command.ts";

const FACES = [
  recordOf("a.jpg", { points: pointsFrom(1), size: [200, 100] }),
  recordOf("b.jpg", { rejected: "no face found" }),
  recordOf("c d.jpg", { points: pointsFrom(7) }),
];

Deno.test("writeLandmarks() writes csv and records alike, and both are read again", () =>
  inFolder(async (folder) => {
    const read = async (name: string) => {
      const out = join(folder, name);
      await run(writeLandmarks(out), FACES);
      assert.deepEqual(
        JSON.parse(await Deno.readTextFile(rejectedPath(out))),
        { image: "b.jpg", reason: "no face found" },
      );
      return await Array.fromAsync(readLandmarks(out));
    };
    const expected = [0, 2].map((i) => ({ image: FACES[i]!.image, points: FACES[i]!.points }));
    for (const name of ["faces.csv", "faces.NDJSON", "faces"]) {
      assert.deepEqual(await read(name), expected, name);
    }
    const [line] = (await Deno.readTextFile(join(folder, "faces.NDJSON"))).split("\n");
    assert.deepEqual(JSON.parse(line!).size, [200, 100]);
    await Deno.writeTextFile(join(folder, "twice.ndjson"), `${line}\n${line}\n`);
    await assert.rejects(
      Array.fromAsync(readLandmarks(join(folder, "twice.ndjson"))),
      /twice.ndjson repeats a.jpg$/,
    );
  }));

Deno.test("writeLandmarks() writes a single face as .pts, which --import takes", () =>
  inFolder(async (folder) => {
    const out = join(folder, "a.pts");
    await run(writeLandmarks(out), FACES.slice(0, 2));
    const [imported] = await run(importLandmarks(out), [recordOf("a.jpg")]);
    assert.deepEqual(imported!.points, FACES[0]!.points);
    const one = /^Cannot write .*a\.pts: it holds the points of one face, and /;
    const before = await Deno.readTextFile(out);
    await assert.rejects(run(writeLandmarks(out), FACES), { message: one });
    await assert.rejects(run(writeLandmarks(out), [FACES[1]!]), { message: one });
    assert.equal(await Deno.readTextFile(out), before);
  }));

Deno.test("what lies beside a landmarks file is called by its stem", () => {
  for (const name of ["x/faces.csv", "x/faces.ndjson", "x/faces.PTS", "x/faces"]) {
    assert.equal(rejectedPath(name), "x/faces.rejected.ndjson");
    assert.equal(unfinishedPath(name), "x/faces.unfinished.ndjson");
  }
  assert.equal(rejectedPath("faces.v2"), "faces.v2.rejected.ndjson");
});

/** Commands with a name that means another form than they write, and what is said. */
const REFUSED: readonly [task: TaskName, args: string[], said: RegExp][] = [
  ...["faces.json", "faces.xml", "faces.txt", "faces.npy", "faces.csv.gz"].map((name) =>
    [
      "landmarks",
      ["--images", "data", "--out", name],
      /--out .*: expected a name that ends in \.csv or \.ndjson or \.pts/,
    ] as [TaskName, string[], RegExp]
  ),
  ["predict", ["--run", "r", "--out", "p.json", "a.jpg"], /ends in \.ndjson or \.csv/],
  ["predict", ["--run", "r", "--out", "p", "a.jpg"], /ends in \.ndjson or \.csv/],
  ["predict", ["--run", "r", "--maps", "maps.png", "a.jpg"], /expected a folder/],
  ["compare", ["--out", "page.pdf", "a", "b"], /ends in \.html or \.htm/],
  ["segments", ["--landmarks", "l.csv", "--out", "masks.png"], /expected a folder/],
  ["train", ["--dataset", "d", "--landmarks", "l.csv", "--out", "run.json"], /expected a folder/],
  ["pipeline", ["--out", "report.html"], /expected a folder/],
  ["sample", ["--out", "sample.zip"], /expected a folder/],
];

Deno.test("commands refuse a name whose ending means another form, with what can be written", () => {
  for (const [task, args, message] of REFUSED) {
    const parse = () => parseArguments(PROGRAM, [task, ...args]);
    assert.throws(parse, { name: "UsageError", message }, `${task} ${args.join(" ")}`);
  }
});

Deno.test("landmarks writes the face of one image as .pts", () =>
  inFolder(async (folder) => {
    const images = join(folder, "images");
    await Deno.mkdir(images);
    const from = join(ROOT, "data", "sample", "Img", "img_align_celeba", "000001.jpg");
    await Deno.copyFile(from, join(images, "face.jpg"));
    const out = join(folder, "face.pts");
    const find = () => outcomeOf(taskCommand("landmarks", ["--images", images, "--out", out]));
    const { code, err } = await find();
    assert.equal(code, 0, err);
    assert.match(await Deno.readTextFile(out), /^version: 1\nn_points: 68\n\{\n[\d.]+ [\d.]+\n/);
    await Deno.copyFile(from, join(images, "another.jpg"));
    const refused = await find();
    assert.equal(refused.code, 2);
    assert.match(refused.err, /^Error: --out .*: \.pts holds one face; for more, \.csv or /);
  }));
