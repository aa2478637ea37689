import assert from "node:assert/strict";
import { join } from "node:path";
import {
  joinLandmarks,
  readLandmarks,
  rejectedPath,
  turnedPath,
  writeLandmarks,
} from "../../../pipeline/landmarks.ts";
import { inFolder, pointsFrom, recordOf, run, streamOf } from "../../fixtures/face_records.ts";

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

Deno.test("writeLandmarks() writes each record into exactly one of its two files", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "sub/faces.csv");
    assert.equal(rejectedPath(out), join(folder, "sub/faces.rejected.ndjson"));
    assert.equal(rejectedPath("faces"), "faces.rejected.ndjson");
    const records = [
      recordOf("1.jpg", { points: pointsFrom(1) }),
      recordOf('2,"b".jpg', { points: pointsFrom(-0.125) }),
      recordOf("3.jpg", { rejected: "no face found", points: pointsFrom(3) }),
      recordOf("4.jpg"),
    ];
    assert.deepEqual(await run(writeLandmarks(out), records), records);
    const [header, first, second, ...rest] = (await Deno.readTextFile(out)).split("\n");
    assert.ok(header!.startsWith("image_name,x_0,x_1,") && header!.endsWith(",y_66,y_67"));
    assert.ok(first!.startsWith("1.jpg,1,2,3,") && first!.endsWith(",67.25,68.25"), first);
    assert.ok(second!.startsWith('"2,""b"".jpg",-0.12,0.88,'), second);
    assert.deepEqual(rest, [""]);
    assert.equal(
      await Deno.readTextFile(rejectedPath(out)),
      '{"image":"3.jpg","reason":"no face found"}\n' +
        '{"image":"4.jpg","reason":"there are no landmarks"}\n',
    );
    assert.deepEqual(await filesIn(join(folder, "sub")), ["faces.csv", "faces.rejected.ndjson"]);
  });
});

Deno.test("writeLandmarks() lists faces that are not upright, if there are any", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const [one, two] = [1, 2].map((n) => recordOf(`${n}.jpg`, { points: pointsFrom(n) }));
    await run(writeLandmarks(out), [one!, { ...two!, turn: 270 }]);
    assert.equal(await Deno.readTextFile(turnedPath(out)), '{"image":"2.jpg","turn":270}\n');
    await run(writeLandmarks(out), [one!, two!]);
    assert.deepEqual(await filesIn(folder), ["faces.csv", "faces.rejected.ndjson"]);
  });
});

Deno.test("writeLandmarks() and readLandmarks() keep rounded points, for more than a buffer", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const rows = Array.from({ length: 200 }, (_, i) => ({
      image: `${i}.jpg`,
      points: Float32Array.from({ length: 136 }, (_, k) => ((i * 7919 + k * 104729) % 60001) / 100),
    }));
    await run(writeLandmarks(out), rows.map(({ image, points }) => recordOf(image, { points })));
    assert.deepEqual(await Array.fromAsync(readLandmarks(out)), rows);
  });
});

Deno.test("writeLandmarks() leaves nothing behind if the stream ends early", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const records = [1, 2, 3].map((n) => recordOf(`${n}.jpg`, { points: pointsFrom(n) }));
    for await (const _ of writeLandmarks(out)(streamOf(records))) break;
    async function* failing() {
      yield* records;
      await Promise.reject(new Error("source failed"));
    }
    await assert.rejects(Array.fromAsync(writeLandmarks(out)(failing())), /source failed/);
    assert.deepEqual(await filesIn(folder), []);
  });
});

/** The text of a landmarks file with the given rows; `order` tells the columns of x_0, y_0, … */
function fileText(rows: string[][]): string {
  const names = ["x", "y"].flatMap((axis) => Array.from({ length: 68 }, (_, i) => `${axis}_${i}`));
  return [["image_name", ...names], ...rows].map((row) => row.join(",")).join("\r\n");
}

const NUMBERS = Array.from({ length: 136 }, (_, i) => String(i));

Deno.test("readLandmarks() reads integers and decimals, and columns in any order", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await Deno.writeTextFile(
      path,
      fileText([["1.jpg", ...NUMBERS], ["2.jpg", "-1.5", ...NUMBERS.slice(1)]]),
    );
    const [first, second] = await Array.fromAsync(readLandmarks(path));
    assert.deepEqual([...first!.points.slice(0, 4)], [0, 68, 1, 69]);
    assert.equal(second!.points[0], -1.5);
    const pairs = NUMBERS.map((_, i) => `${"xy"[i % 2]}_${Math.floor(i / 2)}`);
    await Deno.writeTextFile(path, `image_id,${pairs}\n1.jpg,${NUMBERS}\n`);
    const [row] = await Array.fromAsync(readLandmarks(path));
    assert.deepEqual([...row!.points], NUMBERS.map(Number));
  });
});

Deno.test("readLandmarks() reads csv as other programs write it", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const text = fileText([["1.jpg", ...NUMBERS], ["./=2.jpg", ...NUMBERS]]);
    const [lines, cells] = [text.replaceAll("\r", ""), text.replaceAll(/[^,\r\n]+/g, '"$&"')];
    const semicolons = lines.replaceAll(",", " ; ");
    const last = text.split("\r\n").map((row) => row.replace(/^([^,]*),(.*)$/, "$2,$1")).join("\n");
    for (const form of [text, lines, lines + "\n\n", "\ufeff" + cells, semicolons, last]) {
      await Deno.writeTextFile(path, form);
      const rows = await Array.fromAsync(readLandmarks(path));
      assert.deepEqual(rows.map(({ image }) => image), ["1.jpg", "=2.jpg"]);
      for (const { points } of rows) assert.deepEqual([...points.slice(0, 4)], [0, 68, 1, 69]);
    }
    await Deno.writeTextFile(path, fileText([]));
    assert.deepEqual(await Array.fromAsync(readLandmarks(path)), [], "nobody's face was found");
  });
});

Deno.test("readLandmarks() gives each row points of its own, in files of many parts", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const rows = Array.from({ length: 1500 }, (_, i) => [`${i}.jpg`, ...NUMBERS.with(0, `${i}`)]);
    await Deno.writeTextFile(path, fileText(rows));
    const read = await Array.fromAsync(readLandmarks(path));
    assert.deepEqual(read.map(({ points }) => points[0]), rows.map((_, i) => i));
    const heard: number[] = [];
    const stage = joinLandmarks(path, { onRow: (rows) => heard.push(rows) });
    const joined = await run(stage, read.map(({ image }) => recordOf(image)));
    assert.deepEqual(joined.map(({ points }) => points), read.map(({ points }) => points));
    assert.ok(heard.length > 1 && heard.at(-1) === 1500, String(heard));
    assert.deepEqual(heard, heard.toSorted((a, b) => a - b));
    await Deno.writeTextFile(path, fileText([...rows, ["./=x.jpg", ...NUMBERS], rows[700]!]));
    await assert.rejects(Array.fromAsync(readLandmarks(path)), {
      message: `Cannot read landmarks: ${path}:1503 repeats 700.jpg, which line 702 has already`,
    });
  });
});

Deno.test("readLandmarks() refuses a wrong file, naming file and line", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const good = ["1.jpg", ...NUMBERS];
    const cases: [text: string, message: string][] = [
      [
        fileText([good, ["2.jpg", ...NUMBERS.slice(2)]]),
        `Cannot read landmarks: 68 points (137 columns) are needed, ${path}:3 has 135`,
      ],
      [
        fileText([[...good, "", "2"]]),
        `Cannot read landmarks: 68 points (137 columns) are needed, ${path}:2 has 139`,
      ],
      [
        fileText([["./=1.jpg", ...NUMBERS], ["./=1.jpg", ...NUMBERS]]),
        `Cannot read landmarks: ${path}:3 repeats =1.jpg, which line 2 has already`,
      ],
      [
        "image_name,x_0\n",
        `Cannot read landmarks: 68 points (137 columns) are needed, ${path}:1 has 2`,
      ],
      ["", `Cannot read landmarks: ${path}:1 has no header`],
      [
        fileText([good]).replace("y_3,", "z_3,"),
        `Cannot read landmarks: the header, ${path}:1, has no column y_3`,
      ],
      [
        fileText([good, good]),
        `Cannot read landmarks: ${path}:3 repeats 1.jpg, which line 2 has already`,
      ],
      ...["", "NaN", "Infinity", "1e39", "12px"].map((bad): [string, string] => [
        fileText([["1.jpg", "0", bad, ...NUMBERS.slice(2)]]),
        `Cannot read landmarks: "${bad}" in column 3 of ${path}:2 is no number`,
      ]),
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(Array.fromAsync(readLandmarks(path)), { name: "SyntaxError", message });
    }
    await assert.rejects(Array.fromAsync(readLandmarks(path + "x")), Deno.errors.NotFound);
  });
});

Deno.test("joinLandmarks() gives the reason that the list of rejected images has", () =>
  inFolder(async (folder) => {
    const path = join(folder, "faces.csv");
    await Deno.writeTextFile(path, fileText([["a.jpg", ...NUMBERS]]));
    const lines = ['{"image":"b.jpg","reason":"no face found"}', "null", "{", '{"image":1}'];
    await Deno.writeTextFile(join(folder, "faces.rejected.ndjson"), lines.join("\n"));
    const names = ["a.jpg", "b.jpg", "c.jpg"];
    const records = await run(joinLandmarks(path), names.map((name) => recordOf(name)));
    const reasons = records.map(({ rejected }) => rejected);
    assert.deepEqual(reasons, [null, "no face found", `no landmarks in ${path}`]);
  }));

Deno.test("joinLandmarks() adds points by image name and rejects records without a row", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const rows = [3, 1].map((n) => recordOf(`${n}.jpg`, { points: pointsFrom(n) }));
    await run(writeLandmarks(path), rows);
    const early = recordOf("9.jpg", { rejected: "earlier" });
    const records = await run(joinLandmarks(path), [
      recordOf("1.jpg"),
      recordOf("2.jpg"),
      recordOf("3.jpg", { points: pointsFrom(77) }),
      early,
    ]);
    assert.deepEqual(records.map(({ rejected }) => rejected), [
      null,
      `no landmarks in ${path}`,
      null,
      "earlier",
    ]);
    assert.deepEqual(records[0]!.points, pointsFrom(1));
    assert.deepEqual(records[2]!.points, pointsFrom(3));
    assert.deepEqual(records[3], early);
  });
});
