import assert from "node:assert/strict";
import { join } from "node:path";
import { FloatRows } from "../../../pipeline/landmarks/files/float_rows.ts";
import { importLandmarks, readImports } from "../../../pipeline/landmarks/imports.ts";
import { writeLandmarks } from "../../../pipeline/landmarks.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { recordOf, streamOf } from "../../fixtures/face_records.ts";

/** Writes the files (path below the folder → text) into a temporary folder and calls `work` with it. */
async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(join(folder, name), content);
      else await Deno.writeFile(join(folder, name), content);
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const read = (path: string) => Array.fromAsync(readImports(path));

function imported(path: string, records: readonly FaceRecord[]): Promise<FaceRecord[]> {
  return Array.fromAsync(importLandmarks(path)(streamOf(records)));
}

/** Every text must be refused with its message, in which FILE stands for the path. */
async function assertRefused(
  name: string,
  cases: readonly (readonly [content: string | Uint8Array, message: string])[],
): Promise<void> {
  for (const [content, message] of cases) {
    await withFiles({ [name]: content }, async (folder) => {
      const path = join(folder, name);
      await assert.rejects(read(path), {
        name: "SyntaxError",
        message: message.replaceAll("FILE", path),
      });
    });
  }
}

/** x of point i is from + i, y is from + 100 + i / 2. */
function pointsFrom(from: number, scale = 1): number[] {
  return Array.from(
    { length: 136 },
    (_, k) => from + scale * (k % 2 === 0 ? k / 2 : 100 + (k - 1) / 4),
  );
}

/** Points as rows of a csv file have them: all x, then all y. */
function byAxis(points: readonly number[]): number[] {
  return [...points.filter((_, k) => k % 2 === 0), ...points.filter((_, k) => k % 2 === 1)];
}

const namesOf = (...axes: string[]) =>
  axes.flatMap((axis) => Array.from({ length: 68 }, (_, i) => `${axis}_${i}`));

const csv = (...rows: (string | number)[][]) => rows.map((row) => row.join(",")).join("\n") + "\n";

const HEADER = ["image_name", ...namesOf("x", "y")];

/** OpenFace's text: names and numbers have a blank in front, and 3D points come after the others. */
function openFace(first: string, ...rows: (readonly [string, number[]])[]): string {
  const header = [first, ...namesOf("eye_lmk_x", "x", "y", "X", "Y", "Z"), "AU01_r"].join(", ");
  const lines = rows.map(([cells, points]) =>
    [cells, ...Array(68).fill(7), ...byAxis(points), ...Array(205).fill(-9)].join(", ")
  );
  return [header, ...lines].join("\r\n") + "\r\n";
}

function pts(points: readonly number[], header = "version: 1\nn_points:  68\n{\n", end = "}\n") {
  const lines = points.flatMap((x, k) => k % 2 === 0 ? [`${x} ${points[k + 1]}\n`] : []);
  return header + lines.join("") + end;
}

function box(points: readonly number[], attributes = "", size = 140): string {
  const parts = points.flatMap((x, k) => {
    const name = String(k / 2).padStart(2, "0");
    return k % 2 === 0 ? [`<part name='${name}' x='${x}' y='${points[k + 1]}'/>\n`] : [];
  });
  const [left, top] = points.map(Math.floor);
  return `<box top='${top}' left='${left}' width='${size}' height='${size}' ${attributes}>\n` +
    parts.reverse().join("") + "</box>\n";
}

const xml = (images: string, before = "") =>
  `<?xml version='1.0' encoding='ISO-8859-1'?>\n${before}<dataset>\n<images>\n${images}` +
  "</images>\n</dataset>\n";

Deno.test("readImports() reads what writeLandmarks() writes", async () => {
  await withFiles({}, async (folder) => {
    const path = join(folder, "faces.csv");
    const records = [3, 1].map((n) =>
      recordOf(`${n}.jpg`, { points: Float32Array.from(pointsFrom(n)) })
    );
    await Array.fromAsync(writeLandmarks(path)(streamOf(records)));
    assert.deepEqual(
      await read(path),
      records.map(({ image, points }, row) => ({
        image,
        points,
        box: null,
        confidence: null,
        place: `${path}:${row + 2}`,
      })),
    );
  });
});

Deno.test("readImports() reads csv with further columns, several faces and any order", async () => {
  const [a, b, c] = [1, 2, 3].map((n) => pointsFrom(n));
  const header = ["", ...namesOf("y"), "note", "image_id", ...namesOf("x")];
  const row = (at: number, image: string, points: number[]) => {
    const cells = byAxis(points);
    return [at, ...cells.slice(68), '"a, b"', image, ...cells.slice(0, 68)];
  };
  const text = "\ufeff" +
    csv(header, row(0, "1.jpg", a!), row(1, "2.jpg", b!), row(2, "1.jpg", c!));
  await withFiles({ "a.CSV": text }, async (folder) => {
    const faces = await read(join(folder, "a.CSV"));
    assert.deepEqual(faces.map(({ image }) => image), ["1.jpg", "2.jpg", "1.jpg"]);
    assert.deepEqual(faces.map(({ points }) => [...points]), [a, b, c]);
  });
});

Deno.test("readImports() takes the first of 137 columns for the image, whatever it is called", async () => {
  const text = csv(["Bild", ...namesOf("x", "y")], ["1.jpg", ...byAxis(pointsFrom(1))]);
  await withFiles({ "a.csv": text }, async (folder) => {
    const [face] = await read(folder);
    assert.deepEqual([face!.image, [...face!.points]], ["1.jpg", pointsFrom(1)]);
  });
});

Deno.test("readImports() reads OpenFace's csv: 2D points, several faces, none that failed", async () => {
  const files = {
    "photo.v2.csv": openFace(
      "face, confidence",
      ["0, 0.98", pointsFrom(1.5)],
      ["1, 0", pointsFrom(5)],
      ["2, 0.41", pointsFrom(9)],
    ),
    "single.csv": openFace(
      "frame,face_id,timestamp,confidence,success",
      ["1, 0, 0, 0.9, 1", pointsFrom(2)],
      ["1, 1, 0, 0.8, 0", pointsFrom(3)],
    ),
    "none.csv": openFace("face, confidence"),
  };
  await withFiles(files, async (folder) => {
    const faces = await read(folder);
    assert.deepEqual(
      faces.map(({ image, points, confidence, place }) => [image, [...points], confidence, place]),
      [
        ["photo.v2", pointsFrom(1.5), 0.98, join(folder, "photo.v2.csv:2")],
        ["photo.v2", pointsFrom(9), 0.41, join(folder, "photo.v2.csv:4")],
        ["single", pointsFrom(2), 0.9, join(folder, "single.csv:2")],
      ],
    );
  });
});

Deno.test("readImports() refuses a wrong csv file, naming file and line", async () => {
  const points = byAxis(pointsFrom(1));
  const good = ["1.jpg", ...points];
  const bad = (cell: string) => csv(HEADER, ["1.jpg", points[0]!, cell, ...points.slice(2)]);
  const header3D = ["face", "confidence", ...namesOf("X", "Y", "Z")];
  await assertRefused("a.csv", [
    ["", "Cannot read landmarks: FILE:1: the file has no header"],
    ["name,age\n", "Cannot read landmarks: the header, FILE:1, has no column x_0"],
    [csv(header3D), "Cannot read landmarks: the header, FILE:1, has no column x_0"],
    [
      csv(["height", "width", ...HEADER.slice(1)]),
      "Cannot read landmarks: FILE:1: no column names the image (image_name), and none is OpenFace's (confidence)",
    ],
    [
      csv(HEADER, good, good.slice(1)),
      "Cannot read landmarks: FILE:3: the row has 136 columns, the header 137",
    ],
    [
      csv(HEADER, good, ["2.jpg", ...points], good),
      "Cannot read landmarks: FILE:4 repeats 1.jpg, which line 2 has already",
    ],
    [
      csv(HEADER, ["  ", ...points]),
      "Cannot read landmarks: FILE:2: the image's name is empty",
    ],
    ...["", "nan", "1e39", "12px"].map((cell) =>
      [
        bad(cell),
        `Cannot read landmarks: "${cell}" in column 3 of FILE:2 is no number`,
      ] as const
    ),
    [
      openFace("face, confidence", ["0, high", pointsFrom(0)]),
      'Cannot read landmarks: "high" in column 2 of FILE:2 is no number',
    ],
    [
      openFace(
        "frame, timestamp, confidence, success",
        ...[1, 2].map((frame) => [`${frame}, 0.04, 0.9, 1`, pointsFrom(frame)] as const),
      ),
      "Cannot read landmarks: FILE:3: the file is about a video (frames 1, 2, …), whose faces " +
      "belong to no image; OpenFace's FaceLandmarkImg writes a file for each image",
    ],
    [`image_name,"x_0\n`, "FILE:1: a quote is opened and never closed."],
  ]);
});

Deno.test("readImports() reads .pts with and without a header, whatever the blanks", async () => {
  const points = pointsFrom(0.25);
  const files = {
    "1.pts": pts(points),
    "2.pts": pts(points, "", ""),
    "3.PTS": "\ufeff" + pts(points, "version:1\n\nn_points :68\n \n{ \n").replaceAll("\n", " \r\n"),
    "4.pts": pts(points, "npoints: 68\n{\n", "}\n\n\n").replaceAll(/ (?=\d)/g, "\t  "),
    "5.jpg.pts": pts(points, "\n\n", "").trimEnd(),
  };
  await withFiles(files, async (folder) => {
    const faces = await read(folder);
    assert.deepEqual(faces.map(({ image }) => image), ["1", "2", "3", "4", "5.jpg"]);
    for (const face of faces) assert.deepEqual([...face.points], points, face.place);
    const lines = faces.map(({ place }) => Number(place.split(":").at(-1)));
    assert.deepEqual(lines, [4, 1, 6, 3, 3]);
  });
});

Deno.test("readImports() refuses a wrong .pts file, naming file and line", async () => {
  const points = pointsFrom(1);
  const long = "1234567890".repeat(9);
  await assertRefused("a.pts", [
    ["", "Cannot read landmarks: FILE:1: 68 points are needed, the file has 0"],
    [
      pts(points).replace("68", "51"),
      'Cannot read landmarks: FILE:2: 68 points are needed, the file says "n_points:  51"',
    ],
    [
      pts(points.slice(2)),
      "Cannot read landmarks: FILE:71: 68 points are needed, the file has 67",
    ],
    [
      pts([...points, 1, 2], "", ""),
      "Cannot read landmarks: FILE:69: 68 points are needed, the file has more",
    ],
    [pts(points).slice(0, -2), "Cannot read landmarks: FILE:71: the file ends without a }"],
    [pts(points) + "{\n", 'Cannot read landmarks: FILE:73: after the } there is "{"'],
    ...["1", "1 2 3", "1 x", "1 NaN", "1 1e39", "1,2"].map((line) =>
      [
        pts(points).replace("1 101", line),
        `Cannot read landmarks: FILE:4: x and y of a point are needed, found "${line}"`,
      ] as const
    ),
    [
      `<a>${long}</a>`,
      `Cannot read landmarks: FILE:1: x and y of a point are needed, found "<a>${
        long.slice(0, 37)
      }…"`,
    ],
    [Uint8Array.of(49, 0xff, 10), "FILE:1: the line is not UTF-8."],
  ]);
});

Deno.test("readImports() reads imglab's XML: parts by name, several boxes, only whole ones", async () => {
  const [a, b, c] = [1.5, 20, 300].map((n) => pointsFrom(n));
  const short = box(c!).replaceAll(/name='0(\d)'/g, "name='$1'");
  const text = xml(
    `<image file='a&amp;b/ü 1.jpg' width="9">\n${box(a!, "label='face'")}` +
      `<box top='1' left='2' width='3' height='4'/>\n${box(b!, "ignore='1'")}` +
      `${box(c!, "ignore='0'", 0)}</image>\n<!-- none --><image file='empty.jpg'></image>\n` +
      `<image file="c.png">${short}</image>\n`,
    "<?xml-stylesheet type='text/xsl' href='http://127.0.0.1:1/x.xsl'?>\n<!DOCTYPE dataset>\n",
  );
  for (const content of [text, "\ufeff" + text.replaceAll("\n", "\r\n")]) {
    await withFiles({ "a.xml": content }, async (folder) => {
      const faces = await read(join(folder, "a.xml"));
      assert.deepEqual(faces.map(({ image }) => image), ["a&b/ü 1.jpg", "a&b/ü 1.jpg", "c.png"]);
      assert.deepEqual(faces.map(({ points }) => [...points]), [a, c, c]);
      assert.deepEqual(faces[0]!.box, { x: 1, y: 101, width: 140, height: 140 });
      assert.equal(faces[1]!.box, null, "a box without an area is none");
      assert.deepEqual([faces[0]!.confidence, faces[0]!.place], [null, `${folder}/a.xml:7`]);
    });
  }
});

Deno.test("readImports() reads XML that is far longer than what it holds at a time", async () => {
  const images = Array.from(
    { length: 300 },
    (_, n) => `<image file='ä/${n}.jpg'>${box(pointsFrom(n))}</image>\n`,
  );
  await withFiles({ "a.xml": xml(images.join("")) }, async (folder) => {
    let n = 0;
    for await (const { image, points } of readImports(folder)) {
      assert.equal(image, `ä/${n}.jpg`);
      assert.deepEqual([...points], pointsFrom(n++));
    }
    assert.equal(n, 300);
    for await (const _ of readImports(folder)) break;
  });
});

Deno.test("readImports() refuses wrong XML, naming file and line", async () => {
  const good = box(pointsFrom(1));
  const image = (content: string) => xml(`<image file='1.jpg'>\n${content}</image>\n`);
  const refused = (content: string, message: string) =>
    [image(content), `Cannot read landmarks: FILE:${message}`] as const;
  await assertRefused(
    "a.xml",
    [
      ["", "Cannot read landmarks: FILE:1: document must contain a root element"],
      [image(good).split("name='60'")[0]!, "Cannot read landmarks: FILE:13: unclosed tag: box"],
      [
        image(good).replace("</images>", ""),
        "Cannot read landmarks: FILE:77: unexpected close tag",
      ],
      [
        image(good).replace("x='68'", "x=68"),
        "Cannot read landmarks: FILE:6: unquoted attribute value",
      ],
      [
        "<?xml version='1.0'?>\n<annotation/>",
        "Cannot read landmarks: FILE:2: the file is not imglab's: it begins with <annotation>, not with <dataset>",
      ],
      [
        xml("<image/>"),
        'Cannot read landmarks: FILE:4: <image> needs the attribute "file"',
      ],
      [xml(good), "Cannot read landmarks: FILE:4: there is a <box> outside of an <image>"],
      refused("<part/>", "5: there is a <part> outside of a <box>"),
      refused(good.replace("<part", "<box/><part"), "6: there is a <box> inside a <box>"),
      refused(
        good + good.replace(/<part name='03'.*\n/, ""),
        "75: 68 parts are needed, the box has 67 and none called 03",
      ),
      refused(good.replace("'03'", "'04'"), "70: the box has two parts 04"),
      ...["68", "nose", "-1", "003"].map((name) =>
        refused(
          good.replace("'03'", `'${name}'`),
          `70: 68 parts 00 to 67 are needed, there is one called "${name}"`,
        )
      ),
      refused(good.replace("x='68'", "x='6O'"), '6: "x" of <part> must be a number, it is "6O"'),
      refused(good.replace("y='134.5'", ""), '6: <part> needs the attribute "y"'),
      refused(good.replace("'140'", "'∞'"), '5: "width" of <box> must be a number, it is "∞"'),
      [
        Uint8Array.of(...new TextEncoder().encode("<dataset>\n<image file='M"), 0xfc, 39, 47, 62),
        "Cannot read landmarks: FILE:2: the file is not UTF-8",
      ],
    ],
  );
});

Deno.test("readImports() expands no entity of an XML file", async () => {
  const laughs = Array.from(
    { length: 9 },
    (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">\n`,
  );
  const doctype = `<!DOCTYPE dataset [\n<!ENTITY l0 "ha">\n${laughs.join("")}` +
    `<!ENTITY secret SYSTEM "file:///etc/passwd">\n<!ENTITY % p SYSTEM "http://127.0.0.1:1/">\n%p;]>\n`;
  for (const name of ["l9", "secret", "constructor", "nbsp"]) {
    for (
      const text of [`<image file='&${name};'></image>`, `<image file='1'>\n&${name};</image>`]
    ) {
      await withFiles({ "a.xml": xml(text, doctype) }, async (folder) => {
        await assert.rejects(read(folder), {
          name: "SyntaxError",
          message: `Cannot read landmarks: ${folder}/a.xml:${
            text.includes("\n") ? 19 : 18
          }: undefined entity`,
        });
      });
    }
  }
  await withFiles({ "a.xml": xml("", doctype) }, async (folder) => {
    assert.deepEqual(await read(folder), []);
  });
});

Deno.test("readImports() reads a folder of mixed files in natural order, hidden ones left out", async () => {
  const points = pointsFrom(1);
  const files = {
    "10.pts": pts(points),
    "2.csv": openFace("face, confidence", ["0, 1", points]),
    "sub/b/1.pts": pts(points),
    "sub/a.xml": xml(`<image file='x.jpg'>${box(points)}</image>`),
    "3.csv": csv(HEADER, ["y.jpg", ...byAxis(points)]),
    ".hidden.pts": "",
    ".git/1.pts": "",
    "__MACOSX/1.pts": "",
    "readme.txt": "",
    "1.jpg": "",
  };
  await withFiles(files, async (folder) => {
    await Deno.symlink(folder, join(folder, "sub/circle"));
    await Deno.symlink(join(folder, "nowhere"), join(folder, "sub/dangling.pts"));
    const faces = await read(folder);
    assert.deepEqual(faces.map(({ image }) => image), ["2", "y.jpg", "10", "x.jpg", "sub/b/1"]);
  });
});

Deno.test("readImports() says so if there is nothing to read", async () => {
  await withFiles({ "a.txt": "", "sub/b.json": "" }, async (folder) => {
    await assert.rejects(read(folder), {
      name: "NotFound",
      message: `There are no landmarks (.csv, .pts, .xml) in the folder ${folder}.`,
    });
    await assert.rejects(read(join(folder, "c")), {
      name: "NotFound",
      message: `There is no file or folder ${folder}/c.`,
    });
    await assert.rejects(read(join(folder, "a.txt")), {
      name: "SyntaxError",
      message: `Cannot read landmarks: ${folder}/a.txt is neither .csv nor .pts nor .xml`,
    });
  });
});

Deno.test("readImports() and importLandmarks() stop when they are told to", async () => {
  const files = {
    "1.pts": pts(pointsFrom(1)),
    "2.csv": openFace("face, confidence", ["0, 1", pointsFrom(1)]),
    "3.xml": xml(`<image file='3.jpg'>${box(pointsFrom(1))}</image>`),
  };
  await withFiles(files, async (folder) => {
    const stopped = { signal: AbortSignal.abort(new Error("interrupted")) };
    for (const path of [folder, ...Object.keys(files).map((name) => join(folder, name))]) {
      const reading = Array.fromAsync(readImports(path, stopped));
      await assert.rejects(reading, { message: "interrupted" }, path);
    }
    const abort = new AbortController();
    const stage = importLandmarks(folder, abort)(streamOf([recordOf("1.jpg"), recordOf("2.jpg")]));
    await assert.rejects(async () => {
      for await (const _ of stage) abort.abort(new Error("interrupted"));
    }, { message: "interrupted" });
  });
});

Deno.test("importLandmarks() adds points in 1/100 pixel and leaves other records as they are", async () => {
  const points = pointsFrom(1.23456);
  const text = xml(`<image file='1.jpg'>${box(points)}</image>`);
  await withFiles({ "a.xml": text }, async (folder) => {
    const own = { x: 5, y: 6, width: 7, height: 8 };
    const records = [
      recordOf("1.jpg"),
      recordOf("2.jpg"),
      recordOf("1.jpg", { box: own, points: Float32Array.from(pointsFrom(7)) }),
      recordOf("1.jpg", { rejected: "earlier" }),
    ];
    const got = await imported(folder, records);
    const rounded = Float32Array.from(points, (value) => Math.round(value * 100) / 100);
    const placed = { x: 1, y: 101, width: 140, height: 140 };
    assert.deepEqual(got[0], { ...records[0], points: rounded, box: placed });
    assert.equal(got[1], records[1]);
    assert.deepEqual(got[2], { ...records[2], points: rounded });
    assert.equal(got[3], records[3]);
  });
});

Deno.test("importLandmarks() finds an image by name, by base name and by stem, in this order", async () => {
  const named = ["a/1.jpg", "b\\2.jpg", "./c.png", "1.png", "d.v1.jpg"];
  const rows = named.map((image, n) => [n, image, ...byAxis(pointsFrom(n))]);
  const files = {
    "faces.csv": csv(["row", ...HEADER], ...rows),
    "e.v2.pts": pts(pointsFrom(5)),
    "deep/sub/f.pts": pts(pointsFrom(6)),
    "other/f.pts": pts(pointsFrom(7)),
  };
  const expected: Record<string, number> = {
    "a/1.jpg": 0,
    "z/1.jpg": 0,
    "1.png": 3,
    "y/1.png": 3,
    "b/2.jpg": 1,
    "2.png": 1,
    "c.png": 2,
    "c.jpeg": 2,
    "x\\d.v1.png": 4,
    "e.v2.jpg": 5,
    "x/e.v2.jpg": 5,
    "deep/sub/f.jpg": 6,
    "other/f.jpg": 7,
  };
  await withFiles(files, async (folder) => {
    const records = await imported(folder, Object.keys(expected).map((image) => recordOf(image)));
    const found = records.map(({ image, points }) => [image, points?.[0]]);
    assert.deepEqual(Object.fromEntries(found), expected);
    const [missing] = await imported(folder, [recordOf("d.jpg")]);
    assert.equal(missing!.points, null);
  });
});

Deno.test("importLandmarks() does not guess which of two images is meant", async () => {
  const points = byAxis(pointsFrom(1));
  const files = {
    "faces.csv": csv(HEADER, ["a/1.jpg", ...points], ["b/1.jpg", ...points], ["2.png", ...points]),
    "sub/2.pts": pts(pointsFrom(1)),
  };
  await withFiles(files, async (folder) => {
    const table = `${folder}/faces.csv`;
    const cases = [
      ["1.jpg", `a/1.jpg (${table}:2) and b/1.jpg (${table}:3)`],
      ["c/1.jpeg", `a/1.jpg (${table}:2) and b/1.jpg (${table}:3)`],
      ["2.jpg", `2.png (${table}:4) and sub/2 (${folder}/sub/2.pts:4)`],
    ] as const;
    for (const [image, both] of cases) {
      await assert.rejects(imported(folder, [recordOf(image)]), {
        name: "SyntaxError",
        message: `Cannot tell whose landmarks ${image} has: ${both} fit equally`,
      });
    }
    const [exact] = await imported(folder, [recordOf("b/1.jpg")]);
    assert.ok(exact!.points);
  });
});

Deno.test("importLandmarks() chooses among the faces of an image", async () => {
  const faces = openFace(
    "face, confidence",
    ["0, 0.2", pointsFrom(0, 2)],
    ["1, 0.9", pointsFrom(500)],
    ["2, 0.9", pointsFrom(600)],
  );
  const images = [pointsFrom(0), pointsFrom(500, 2), pointsFrom(900)].map((points) => box(points));
  const files = { "1.csv": faces, "2.xml": xml(`<image file='2.jpg'>${images.join("")}</image>`) };
  await withFiles(files, async (folder) => {
    const near = (x: number, y: number, side = 10) => ({
      box: { x: x - side / 2, y: y - side / 2, width: side, height: side },
    });
    const records = await imported(folder, [
      recordOf("1.jpg"), // 4 · 0.2 < 0.9, and the first of two equals
      recordOf("2.jpg"), // the largest
      recordOf("1.jpg", near(640, 700)),
      recordOf("1.jpg", near(0, 0)),
      recordOf("2.jpg", near(1000, 1000)),
      recordOf("2.jpg", near(0, 0, 0)), // no usable box
    ]);
    assert.deepEqual(records.map(({ points }) => points![0]), [500, 500, 600, 0, 900, 500]);
    assert.deepEqual(records[1]!.box, { x: 500, y: 700, width: 140, height: 140 });
    assert.deepEqual(records[4]!.box, near(1000, 1000).box);
  });
});

Deno.test("importLandmarks() keeps faces apart when they need more than a block of memory", async () => {
  const header = ["row", ...HEADER];
  const rows = Array.from({ length: 5000 }, (_, n) => [n, `${n}.jpg`, ...byAxis(pointsFrom(n))]);
  await withFiles({ "a.csv": csv(header, ...rows) }, async (folder) => {
    const wanted = [4999, 0, 4095, 4096].map((n) => recordOf(`${n}.jpg`));
    for (const { image, points } of await imported(folder, wanted)) {
      assert.deepEqual([...points!], pointsFrom(parseInt(image)), image);
    }
  });
});

Deno.test("FloatRows.add() refuses a row of another length", () => {
  const rows = new FloatRows(3);
  assert.equal(rows.add([1, 2, 3]), 0);
  for (const wrong of [[1, 2], [1, 2, 3, 4]]) {
    assert.throws(() => rows.add(wrong), {
      name: "TypeError",
      message: `Cannot add a row of ${wrong.length} floats to rows of 3`,
    });
  }
  assert.equal(rows.size, 1);
});
