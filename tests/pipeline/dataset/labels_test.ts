import assert from "node:assert/strict";
import { join } from "node:path";
import { attributeColumn, ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { readLabels } from "../../../pipeline/dataset.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import {
  csvLabels,
  type LabelFileOptions,
  officialLabels,
  testBits,
  testLabels,
  withFolder,
} from "../../fixtures/dataset_folder.ts";
import { realData, unzipTo } from "../../contexts/real_data.ts";

const SHUFFLED = new Random(5).shuffle(ATTRIBUTES.map((_, column) => column));

/** Reads `text` as a label file and checks that it holds the tests' labels of faces 1…faces. */
async function checkLabels(text: string, faces: number): Promise<void> {
  await withFolder({ "labels.txt": text }, async (root) => {
    const { names, labels } = await readLabels(join(root, "labels.txt"));
    assert.equal(names.size, faces);
    assert.equal(labels.length, faces);
    for (let row = 0; row < faces; row++) {
      assert.equal(names.name(row), `${String(row + 1).padStart(6, "0")}.jpg`);
      assert.equal(labels[row], testBits(row + 1), `labels of row ${row}`);
    }
  });
}

/** Checks that `text` is refused with a SyntaxError that says `path:line: message`. */
async function checkRefused(text: string, line: number, message: RegExp): Promise<void> {
  await withFolder({ "labels.txt": text }, async (root) => {
    const path = join(root, "labels.txt");
    await assert.rejects(readLabels(path), (error: Error) => {
      assert.ok(error instanceof SyntaxError, String(error));
      assert.ok(error.message.startsWith(`${path}:${line}: `), error.message);
      assert.match(error.message, message);
      return true;
    });
  });
}

const OFFICIAL: Readonly<Record<string, LabelFileOptions>> = {
  "the official file: CRLF and padded columns": {},
  "LF": { newline: "\n" },
  "a missing last newline": { lastNewline: false },
  "0 for absent": { negative: "0" },
  "columns in another order": { order: SHUFFLED },
  "AttParseNet's spelling of two names": {
    names: ATTRIBUTES.map((name) =>
      name === "Gray_Hair" ? "Grey_Hair" : name === "Sideburns" ? "Side_Burns" : name
    ),
  },
};

for (const [what, options] of Object.entries(OFFICIAL)) {
  Deno.test(`readLabels() reads ${what}`, () => checkLabels(officialLabels(7, options), 7));
}

const CSV: Readonly<Record<string, string>> = {
  "a csv mirror": csvLabels(5),
  "AttParseNet's csv": csvLabels(5, { heading: "image_name", negative: "0" }),
  "a csv with another order of columns, CRLF and no last newline": csvLabels(5, {
    heading: "path",
    order: SHUFFLED,
    newline: "\r\n",
    lastNewline: false,
  }),
  "a csv whose first column has an unknown name": csvLabels(5, { heading: "face" }),
  "a csv that begins with a byte order mark": "\ufeff" + csvLabels(5),
  "a csv with everything in quotes": csvLabels(5).replaceAll(/[^,\n]+/g, '"$&"'),
  "a csv with semicolons and blanks": csvLabels(5).replaceAll(",", " ; "),
  "a csv with blank lines": "\n" + csvLabels(5).replaceAll("\n", "\n \n"),
  "a csv with the row numbers that pandas adds": csvLabels(5).split("\n")
    .map((line, row) => line && (row === 0 ? `,${line}` : `${row - 1},${line}`)).join("\n"),
  "column names with blanks for underscores": csvLabels(5)
    .replace(/^.*\n/, (names) => names.replaceAll("_", " ").replace("image id", "image_id")),
  "column names in upper and lower case": csvLabels(5)
    .replace(/^.*\n/, (names) => names.toLowerCase().replace("smiling", "SMILING")),
  "AttParseNet's spelling in lower case": csvLabels(5).replace("Gray_Hair", "grey_hair"),
  "a table with tabs": csvLabels(5).replaceAll(",", "\t"),
};

for (const [what, text] of Object.entries(CSV)) {
  Deno.test(`readLabels() reads ${what}`, () => checkLabels(text, 5));
}

Deno.test("readLabels() finds the image's column wherever it is", async () => {
  const moved = csvLabels(3).split("\n").filter(Boolean)
    .map((line) => line.split(",")).map(([image, ...labels]) => [...labels, image].join(","));
  await checkLabels(moved.join("\n"), 3);
});

Deno.test("readLabels() reads files longer than its buffer the same", async () => {
  // 3,000 rows of 131 bytes: lines cross the ends of a 256 KiB buffer.
  await checkLabels(officialLabels(3000), 3000);
});

Deno.test("readLabels() refuses a number of rows that is not that of the rows", async () => {
  await checkRefused(officialLabels(4, { count: 5 }), 1, /says that it has 5 rows, but it has 4/);
  await checkRefused(officialLabels(4, { count: 3 }), 1, /says that it has 3 rows, but it has 4/);
});

Deno.test("readLabels() refuses a label file with 39 columns, naming the one that is missing", async () => {
  const names = ATTRIBUTES.slice(0, 39);
  const order = names.map((_, column) => column);
  await checkRefused(
    officialLabels(2, { names, order }),
    2,
    /39 of the 40 attributes are there, Young is missing/,
  );
  await checkRefused(csvLabels(2, { names, order }), 1, /39 of the 40 .* Young is missing/);
});

Deno.test("readLabels() refuses an unknown and a repeated attribute, naming it", async () => {
  const wrong = ATTRIBUTES.map((name) => name === "Smiling" ? "Smilling" : name);
  await checkRefused(officialLabels(2, { names: wrong }), 2, /"Smilling".*Smiling is missing/);
  await checkRefused(csvLabels(2, { names: wrong }), 1, /"Smilling".*Smiling is missing/);
  const twice = ATTRIBUTES.map((name) => name === "Young" ? "Male" : name);
  await checkRefused(csvLabels(2, { names: twice }), 1, /Male has two columns.*Young is missing/);
  const synonym = [...ATTRIBUTES, "Grey_Hair"];
  await checkRefused(csvLabels(2, { names: synonym }), 1, /Gray_Hair has two columns/);
});

/** {@linkcode csvLabels} with a first and a last column more, of these names and with these cells. */
function widened(text: string, names: [string, string], cells: [string, string]): string {
  return text.trimEnd().split("\n").map((line, row) => {
    const [first, last] = row === 0 ? names : cells;
    return `${first},${line},${last}\n`;
  }).join("");
}

Deno.test("readLabels() ignores columns beyond the 40, and says which", async () => {
  const text = widened(csvLabels(5, { order: SHUFFLED }), ["id", 'a "b"'], ["7", "x"]);
  await checkLabels(text.replace('a "b"', '"a ""b"""'), 5);
  await withFolder({ "labels.csv": text.replace(',a "b"', ",b") }, async (root) => {
    const { ignored } = await readLabels(join(root, "labels.csv"));
    assert.deepEqual(ignored, ["id", "b"]);
  });
  await withFolder({ "labels.csv": widened(csvLabels(5), ["", ""], ["7", ""]) }, async (root) => {
    assert.deepEqual((await readLabels(join(root, "labels.csv"))).ignored, []);
  });
  await checkRefused(
    text.replace('a "b"', "b").replace(/x\n/, "x,y\n"),
    2,
    /44 cells where 43 .*2 more/,
  );
});

Deno.test("readLabels() refuses columns beyond the 40 where any of them may name the image", async () => {
  const cells: [string, string] = ["7", "x"];
  const wide = (heading: string, names: [string, string]) =>
    widened(csvLabels(5, { heading }), names, cells);
  await checkRefused(wide("face", ["id", "set"]), 1, /no attribute "face"/);
  await checkRefused(wide("face", ["", "set"]), 1, /no attribute "face"/);
  await checkRefused(wide("image_id", ["id", "path"]), 1, /"image_id" and "path" may each hold/);
  const typo = wide("image_id", ["id", "set"]).replace("Smiling", "Smilling");
  await checkRefused(typo, 1, /no attribute "id"\. 39 of the 40 .* Smiling is missing/);
});

Deno.test("readLabels() refuses a file without column names", async () => {
  const rows = csvLabels(2).split("\n").slice(1).join("\n");
  await checkRefused(rows, 1, /attribute names are needed/);
});

Deno.test("readLabels() refuses what is no label, with the line and the attribute", async () => {
  for (const bad of ["2", "-2", "x", "1.0", "01", "--1", "-", "+1", "11", "-0", "true"]) {
    const text = csvLabels(3).replace(
      /(000002.jpg,)-?\d/,
      (_, name: string) => `${name}${bad}`,
    );
    await checkRefused(text, 3, new RegExp(`5_o_Clock_Shadow, found "${bad.replace("+", "\\+")}"`));
  }
  await checkRefused(
    csvLabels(3).replace(/(000002.jpg,)-?1/, "$1"),
    3,
    /5_o_Clock_Shadow, found nothing/,
  );
});

Deno.test("readLabels() refuses rows with too few or too many cells", async () => {
  const cut = officialLabels(3, { lastNewline: false }).replace(/ +-?1$/, "");
  await checkRefused(cut, 5, /40 cells where 41 are needed/);
  await checkRefused(officialLabels(3).replace(/(000002.*)\r/, "$1 1\r"), 4, /42 cells where 41/);
  await checkRefused(csvLabels(3).replace(/(000002.*)\n/, "$1,\n"), 3, /42 cells where 41/);
  await checkRefused(csvLabels(3).replace(/000002.*\n/, "000002.jpg\n"), 3, /1 cells where 41/);
});

Deno.test("readLabels() refuses an image that has two rows", async () => {
  await checkRefused(officialLabels(5).replace("000004", "000002"), 6, /000002.jpg has a row/);
});

Deno.test("readLabels() refuses names that lead out of the folder", async () => {
  const names = [
    "../a.jpg",
    "/etc/a.jpg",
    "a/../../b.jpg",
    "C:a.jpg",
    "\\\\host\\a.jpg",
    "..\\a.jpg",
  ];
  for (const name of [...names, "..", "a\x01.jpg"]) {
    await checkRefused(
      csvLabels(3).replace("000002.jpg", () => name),
      3,
      /absolute|leads out|control/,
    );
  }
  await checkRefused(csvLabels(3).replace("000002.jpg", ""), 3, /is empty/);
});

Deno.test("readLabels() takes names with folders, dots, colons and letters of any script", async () => {
  const names = [
    "a/b.jpg",
    "LFWA\\Ann_Lee\\1.jpg",
    "..hidden.jpg",
    ".a.jpg",
    "Žofie.jpg",
    "2001:1.jpg",
  ];
  const text = names.reduce(
    (text, name, at) => text.replace(`00000${at + 1}.jpg`, () => name),
    csvLabels(6),
  );
  await withFolder({ "labels.csv": text }, async (root) => {
    const table = await readLabels(join(root, "labels.csv"));
    assert.deepEqual(names.map((_, row) => table.names.name(row)), names);
    assert.deepEqual(names.map((name) => table.names.indexOf(name)), [0, 1, 2, 3, 4, 5]);
    assert.equal(table.names.indexOf("b.jpg"), -1);
  });
});

Deno.test("readLabels() refuses files that are empty, cut off or no text", async () => {
  await checkRefused("", 1, /ends before its first row/);
  await checkRefused("\n\n", 2, /ends before its first row/);
  await checkRefused("0\n" + ATTRIBUTES.join(" ") + "\n", 2, /ends before its first row/);
  await checkRefused("5\n", 1, /says that it has 5 rows, but it has 0/);
  await checkRefused("PK\x03\x04\0\0", 1, /not a text file/);
  await checkRefused("x".repeat(300_000), 1, /longer than 262144 bytes/);
  await checkRefused(csvLabels(2).replace("000002.jpg", '"000002.jpg'), 3, /not closed/);
  await checkRefused(csvLabels(2).replace("000002.jpg", '"00"0002.jpg'), 3, /quote stands inside/);
});

Deno.test("readLabels() stops when it is told to", async () => {
  await withFolder({ "labels.txt": officialLabels(3) }, async (root) => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(readLabels(join(root, "labels.txt"), { signal }), /enough/);
  });
});

Deno.test("readLabels() reads the complete official file", async () => {
  const archive = await realData("celeba-annotations", "list_attr_celeba.zip");
  if (archive === null) return;
  await withFolder({}, async (root) => {
    const path = join(root, "list_attr_celeba.txt");
    await unzipTo(archive, path);
    const { names, labels } = await readLabels(path);
    assert.equal(names.size, 202599);
    const lines = (await Deno.readTextFile(path)).split("\r\n").slice(2);
    const random = new Random(11);
    for (let sample = 0; sample < 2000; sample++) {
      const row = sample === 0 ? 202598 : random.integer(202599);
      const [name, ...cells] = (lines[row] as string).split(/ +/);
      const bits = cells.reduce((sum, cell, column) => sum + (cell === "1" ? 2 ** column : 0), 0);
      assert.equal(names.name(row), name);
      assert.equal(names.indexOf(name as string), row);
      assert.equal(labels[row], bits, `${name} (seed 11)`);
    }
    // Counts that every description of CelebA gives: 84,434 men, 97,669 smiles, 4,547 bald heads.
    const counts = ["Male", "Smiling", "Bald"].map((name) => {
      const weight = 2 ** (attributeColumn(name) as number);
      return labels.reduce((sum, bits) => sum + Math.floor(bits / weight) % 2, 0);
    });
    assert.deepEqual(counts, [84434, 97669, 4547]);
  });
});

Deno.test("the tests' labels differ from face to face and use all attributes", () => {
  const rows = Array.from({ length: 9 }, (_, face) => testLabels(face + 1));
  assert.equal(new Set(rows.map(String)).size, 9);
  for (const column of ATTRIBUTES.keys()) {
    assert.equal(new Set(rows.map((row) => row[column])).size, 2, `column ${column}`);
  }
});
