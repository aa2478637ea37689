/**
 * Files that are endless, forged, or of another data set or run.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../../pipeline/dataset.ts";
import { addSizes } from "../../../pipeline/face/image_sizes.ts";
import { encodePng } from "../../../pipeline/image/image.ts";
import {
  fields,
  list,
  nullable,
  number,
  oneOf,
  record,
  tuple,
} from "../../../pipeline/files/json_shape.ts";
import { parseJson, readJson } from "../../../pipeline/files/json_text.ts";
import { checkBoxes } from "../../../pipeline/landmarks.ts";
import { inert, oneLine, quoted, quotedValue } from "../../../pipeline/files/quoted.ts";
import { report } from "../../../pipeline/report.ts";
import { decodeSafetensors } from "../../../pipeline/files/safetensors.ts";
import { readModel } from "../../../pipeline/train/files/model_folder.ts";
import { csvLabels, withFolder } from "../../fixtures/dataset_folder.ts";
import { writeRun } from "../../endurance/fuzz/run_files.ts";
import { BOXES } from "../../endurance/fuzz/tables.ts";
import { inFolder, pointsFrom, recordOf, run, streamOf } from "../../fixtures/face_records.ts";
import { ROOT, taskCommand, type TaskName } from "../../processes/task_command.ts";

Deno.test("parseJson() names file and line, and refuses what is nested deeper than anything", () => {
  assert.deepEqual(parseJson('{"a": ["[{", {"b\\"": 1}]}', "x.json"), { a: ["[{", { 'b"': 1 }] });
  assert.throws(() => parseJson('{\n"a": 1,\nb: 2\n}', "x.json"), {
    name: "SyntaxError",
    message: "x.json:3: the file is not valid JSON",
  });
  assert.deepEqual(parseJson("[".repeat(64) + "]".repeat(64), "x.json"), nested(64));
  for (const open of ["[", '{"a":']) {
    assert.throws(() => parseJson(open.repeat(1e6), "x.json"), {
      message: "x.json:1: the JSON is nested deeper than 64 levels",
    });
  }
});

function nested(depth: number): unknown {
  return depth === 1 ? [] : [nested(depth - 1)];
}

Deno.test("readJson() refuses a file that no run writes, before it is read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "big.json");
    await Deno.writeTextFile(path, "{}");
    await Deno.truncate(path, 65 * 2 ** 20);
    await assert.rejects(readJson(path), { name: "RangeError", message: /65 MiB of JSON$/ });
  }));

Deno.test("shapes say where a value does not fit", () => {
  const face = fields({
    size: tuple(number, number),
    box: nullable(list(number, 4)),
    kind: oneOf("a", "b"),
    scores: record(number),
  });
  const good = { size: [1, 2], box: null, kind: "a", scores: { x: 1 }, other: 1 };
  const cases: [value: unknown, misfit: string | null][] = [
    [good, null],
    [{ ...good, size: [1] }, ".size has 1 elements, not 2"],
    [{ ...good, size: [1, "2"] }, ".size[1] is no number"],
    [{ ...good, size: [1, Infinity] }, ".size[1] is no number"],
    [{ ...good, box: [1, 2, 3, null] }, ".box[3] is no number"],
    [{ ...good, kind: "toString" }, '.kind is none of "a", "b"'],
    [{ ...good, scores: [1] }, ".scores is no object"],
    [{ ...good, scores: { x: "1" } }, ".scores[0] is no number"],
    [Object.create(good), ".size is no list"],
    [null, " is no object"],
    [[], " is no object"],
  ];
  for (const [value, misfit] of cases) assert.equal(face(value), misfit);
});

Deno.test("quoted() shows what a terminal would act on, and cuts", () => {
  assert.equal(quoted('a"\x1b[2J\x9b\u202e'), '"a\\"\\u001b[2J\\u009b\\u202e"');
  assert.equal(quoted("x".repeat(50)), `"${"x".repeat(40)}…"`);
  assert.equal(quotedValue({ a: "\x7f" }), '{"a":"\\u007f"}');
  assert.equal(quotedValue(undefined), "nothing");
  assert.equal(oneLine("a\nb\tc", 3), "a\\u000ab…");
  assert.equal(inert("a\nb\tc\x1b[2J.jpg"), "a\nb\tc\\u001b[2J.jpg");
});

Deno.test("decodeSafetensors() refuses arrays that lie over each other", () => {
  const entry = { dtype: "U8", shape: [1000], data_offsets: [0, 1000] };
  const header = JSON.stringify(
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, entry])),
  );
  const bytes = new Uint8Array(8 + header.length + 1000);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  assert.throws(() => decodeSafetensors(bytes), /the numbers of 1 are cut off/);
});

Deno.test("readModel() refuses layers that are larger than their weights, before it makes them", () =>
  inFolder(async (folder) => {
    await writeRun(folder);
    (await readModel(folder)).dispose();
    const path = join(folder, "model", "model.json");
    const text = await Deno.readTextFile(path);
    const cases: [from: RegExp, to: string, reason: RegExp][] = [
      [
        /"filters": 2/,
        '"filters": 1000000000',
        /the layers need "conv1\/kernel" as \[7,7,3,1000000000\]/,
      ],
      [/26,\n\s*24/, "100000,\n100000", /the layers need "logits\/kernel"/],
      [/"units": 40/, '"units": 39', /it does not end in 40 logits and 40 maps/],
      [/"Flatten"/, '"Lambda"', /the layer "flatten"'s class is unknown/],
      [/"valid"/, '"same"', /padding is none of "valid"/],
      [/"modelTopology"/, '"topology"', /modelTopology is no object/],
    ];
    for (const [from, to, reason] of cases) {
      assert.match(text, from);
      await Deno.writeTextFile(path, text.replace(from, to));
      await assert.rejects(readModel(folder), (error) => {
        assert.ok(error instanceof SyntaxError && error.message.includes(path), `${error}`);
        assert.match(error.message, reason);
        return true;
      });
    }
  }));

Deno.test("report() refuses a log whose line does not end, and leaves out one that was being written", () =>
  inFolder(async (folder) => {
    await writeRun(folder);
    const path = join(folder, "log.ndjson");
    const line = "[".repeat(2 ** 20 + 1);
    await Deno.writeTextFile(path, line, { append: true });
    await report({ run: folder });
    await Deno.writeTextFile(path, "\n{}\n", { append: true });
    await assert.rejects(report({ run: folder }), {
      name: "SyntaxError",
      message: `${path}:9: the line is longer than 1048576 characters`,
    });
  }));

Deno.test("report() shows no file that is no picture, whatever a run folder names", () =>
  inFolder(async (folder) => {
    await writeRun(folder);
    const secret = join(folder, "secret.txt");
    await Deno.writeTextFile(secret, "a secret");
    for (const name of ["extremes.json", "samples.json"]) {
      const text = await Deno.readTextFile(join(folder, name));
      await Deno.writeTextFile(join(folder, name), text.replaceAll(/\/faces\/\d\.jpg/g, secret));
    }
    const page = await Deno.readTextFile(await report({ run: folder }));
    assert.ok(!page.includes(new TextEncoder().encode("a secret").toBase64()));
    assert.match(page, /image file not readable/);
  }));

/** Beginnings of lines, and what goes on without end behind them, by format. */
const ENDLESS: readonly [format: string, head: string, unit: string, reason: RegExp][] = [
  ["records", '{"schema":"', "x", /:1: the line is longer than 1048576 bytes/],
  ["records", "", "[", /:1: the line is longer than 1048576 bytes/],
  ["labels", "", "1 ", /:1: the line is longer than 262144 bytes/],
  ["landmarks", "image_name", ",x_0", /:1: the line is longer than 262144 bytes/],
  ["landmarks", '"', "x\n", /:1: a quote is opened and not closed/],
  ["pts", "version: 1\n", "1 ", /:2: the line is longer than 1048576 bytes/],
  ["xml", "<dataset>", "text ", /:1: no tag ends within 1048576 characters/],
  ["xml", "<dataset a='", "x", /:1: no tag ends within/],
  ["xml", "<dataset>", "<a>", /:1: elements are nested deeper than 32 levels/],
  ["xml", "<!DOCTYPE dataset [", '<!ENTITY x "y"> ', /:1: no tag ends within/],
  ["xml", "<dataset><part", " a='1'", /:1: no tag ends within/],
];
/** Bytes of each. */
const ENDLESS_BYTES = 100e6;

Deno.test("lines of 100 MB are refused in 300 MiB", () =>
  inFolder(async (folder) => {
    const paths = ENDLESS.map(([format, head, unit], i) => {
      const path = join(folder, `${i}.${format === "landmarks" ? "csv" : format}`);
      using file = Deno.createSync(path);
      const piece = new TextEncoder().encode(unit.repeat(1e6 / unit.length));
      file.writeSync(new TextEncoder().encode(head));
      // The file is as long as it says; what lies behind the first megabytes is never read.
      for (let n = 0; n < 4; n++) file.writeSync(piece);
      file.truncateSync(ENDLESS_BYTES);
      return `${format}=${path}`;
    });
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", join(ROOT, "tests/endurance/fuzz/read_long.ts"), ...paths],
    }).output();
    const { said, peak } = JSON.parse(new TextDecoder().decode(stdout) || "{}");
    assert.ok(said, new TextDecoder().decode(stderr));
    for (const [i, [, , , reason]] of ENDLESS.entries()) assert.match(said[paths[i]!], reason);
    assert.ok(peak < 300, `${peak} MiB`);
  }));

Deno.test("openDataset() refuses labels of another data set, and takes some of its own", async () => {
  const labels = { "list_attr.csv": csvLabels(3).replaceAll(/0000/g, "lfw_") };
  await withFolder({ ...labels, "img_celeba/000001.jpg": "" }, async (root) => {
    await assert.rejects(openDataset(root), {
      message: `${join(root, "list_attr.csv")} has no labels for the images in ` +
        `${join(root, "img_celeba")}, such as 000001.jpg; it names lfw_01.jpg: ` +
        "is it another data set's?",
    });
    await Deno.writeTextFile(join(root, "img_celeba", "lfw_03.jpg"), "");
    assert.equal((await openDataset(root)).count, 3, "some images may be missing");
  });
  await withFolder({ ...labels, "img_celeba/": "" }, async (root) => {
    assert.equal((await openDataset(root)).count, 3, "there may be none yet");
  });
});

Deno.test("checkBoxes() refuses boxes of another data set", async () => {
  await withFolder({ "boxes.csv": BOXES[1]! }, async (root) => {
    const path = join(root, "boxes.csv");
    const check = (...images: string[]) =>
      checkBoxes(path, streamOf(images.map((image) => recordOf(image))));
    await check("a.jpg", "000003.jpg");
    await check();
    await assert.rejects(check("a.jpg", "b.jpg"), {
      message:
        `${path} has no box for a.jpg, nor for any other of the images: is it another data set's?`,
    });
  });
});

Deno.test("addSizes() reads headers alone, and leaves to others what cannot be read", () =>
  inFolder(async (folder) => {
    const png = await encodePng({ width: 5, height: 3, data: new Uint8Array(15) });
    await Deno.writeFile(join(folder, "a.png"), png.subarray(0, 40));
    const points = pointsFrom(1);
    const records = [
      recordOf("a.png", { path: join(folder, "a.png"), points }),
      recordOf("b.png", { path: join(folder, "b.png"), points }),
      recordOf("a.png", { path: join(folder, "a.png") }),
      recordOf("a.png", { path: join(folder, "a.png"), points, size: [7, 7] }),
    ];
    const sizes = (await run(addSizes(), records)).map(({ size }) => size);
    assert.deepEqual(sizes, [[5, 3], null, null, [7, 7]]);
  }));

Deno.test("commands stop before any work where a file is another data set's", () =>
  inFolder(async (folder) => {
    const [boxes, landmarks, out] = ["boxes.csv", "landmarks.csv", "run"].map((n) =>
      join(folder, n)
    );
    await Deno.writeTextFile(boxes!, BOXES[1]!.replaceAll("0000", "other_"));
    const points = Array.from({ length: 136 }, (_, i) => `${"xy"[Math.floor(i / 68)]}_${i % 68}`);
    const row = ["other.jpg", ...points.map(() => "1")];
    await Deno.writeTextFile(landmarks!, `image_name,${points}\n${row}\n`);
    const sample = ["--dataset", join(ROOT, "data", "sample")];
    const fails = async (task: TaskName, args: string[], sentence: RegExp) => {
      const { code, stderr } = await taskCommand(task, [...sample, ...args, "--quiet"]).output();
      const said = new TextDecoder().decode(stderr);
      assert.equal(code, 1, said);
      assert.match(said, sentence);
      assert.equal(said.trimEnd().split("\n").length, 1, said);
    };
    const csv = join(folder, "found.csv");
    await fails("landmarks", ["--boxes", boxes!, "--out", csv], /has no box for 000001\.jpg, nor/);
    await fails(
      "train",
      ["--landmarks", landmarks!, "--out", out!],
      /has no landmarks of 000001\.jpg/,
    );
    await fails(
      "pipeline",
      ["--landmarks", landmarks!, "--out", out!],
      /has no landmarks of 000001/,
    );
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["boxes.csv", "landmarks.csv"]);
  }));
