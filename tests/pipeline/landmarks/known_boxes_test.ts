import assert from "node:assert/strict";
import { join } from "node:path";
import { addBoxes } from "../../../pipeline/landmarks.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { withFolder } from "../../fixtures/dataset_folder.ts";
import { recordOf, run, streamOf } from "../../fixtures/face_records.ts";

/** As CelebA's own file: the count, the columns, and padded cells. */
const OFFICIAL = `4
image_id x_1 y_1 width height
000001.jpg    95  71 226 313
000002.jpg    72  94 221 306
101283.jpg     0   0   0   0
000004.jpg   622 257 564 781
`;

/** The same faces as the csv mirrors have them. */
const MIRROR = "image_id,x_1,y_1,width,height\n" +
  "000001.jpg,95,71,226,313\n000002.jpg,72,94,221,306\n" +
  "101283.jpg,0,0,0,0\n000004.jpg,622,257,564,781\n";

/** What `addBoxes` makes of records, with a file of the given text. */
async function boxed(text: string, records: readonly FaceRecord[]): Promise<FaceRecord[]> {
  let result: FaceRecord[] = [];
  await withFolder({ "boxes.txt": text }, async (root) => {
    result = await run(addBoxes(join(root, "boxes.txt")), records);
  });
  return result;
}

Deno.test("addBoxes() reads CelebA's file and its csv mirrors", async () => {
  for (const text of [OFFICIAL, MIRROR, OFFICIAL.replaceAll("\n", "\r\n"), MIRROR.trimEnd()]) {
    const records = await boxed(
      text,
      ["000004.jpg", "000001.jpg", "000001.jpg"].map((image) => recordOf(image)),
    );
    const first = { x: 95, y: 71, width: 226, height: 313 };
    assert.deepEqual(
      records.map(({ box }) => box),
      [{ x: 622, y: 257, width: 564, height: 781 }, first, first],
    );
  }
});

Deno.test("addBoxes() has no box for an image that is not in the file or has none of any size", async () => {
  const before = { x: 1, y: 2, width: 3, height: 4 };
  const points = new Float32Array(136).fill(5);
  const given = [
    recordOf("101283.jpg", { box: before }),
    recordOf("000005.jpg", { box: before, labels: 7 }),
    recordOf("000002.jpg", { box: before, points }),
  ];
  const box = { x: 72, y: 94, width: 221, height: 306 };
  // What else a record holds stays as it is.
  assert.deepEqual(await boxed(OFFICIAL, given), [
    { ...given[0], box: null },
    { ...given[1], box: null },
    { ...given[2], box },
  ]);
  const odd = "image_id,x_1,y_1,width,height\na.jpg,5,5,-3,9\nb.jpg,1.5,-2.25,10.5,7\n";
  const [negative, broken] = await boxed(odd, [recordOf("a.jpg"), recordOf("b.jpg")]);
  assert.equal(negative!.box, null);
  assert.deepEqual(broken!.box, { x: 1.5, y: -2.25, width: 10.5, height: 7 });
});

Deno.test("addBoxes() reads more boxes than it makes room for at first", async () => {
  const count = 5000;
  const rows = Array.from({ length: count }, (_, i) => `${i}.jpg,${i},2,3,4\n`);
  const text = "image_id,x_1,y_1,width,height\n" + rows.join("");
  const images = [0, 4095, 4096, count - 1];
  const records = await boxed(text, images.map((i) => recordOf(`${i}.jpg`)));
  assert.deepEqual(records.map(({ box }) => box?.x), images);
});

Deno.test("addBoxes() refuses a wrong file, naming file and line", async () => {
  const cases: [text: string, line: number, fault: RegExp][] = [
    [MIRROR.replace("width", "breadth"), 1, /the column width is missing/],
    [MIRROR.replace("image_id", "face"), 1, /the column image_id is missing/],
    [MIRROR.replace("221", "wide"), 3, /a number is needed, found "wide"/],
    [MIRROR.replace(",221", ","), 3, /a number is needed, found ""/],
    [MIRROR.replace(",306", ""), 3, /the row has 4 cells, not 5/],
    [MIRROR.replace(",306", ",306,1"), 3, /the row has more than 5 cells/],
    [OFFICIAL.replace("564 781", "564"), 6, /the row has 4 cells, not 5/],
    ["", 1, /./],
    ["\xff\xd8\xff\xe0\0\x10JFIF", 1, /./],
  ];
  for (const [text, line, fault] of cases) {
    await withFolder({ "boxes.txt": text }, async (root) => {
      const path = join(root, "boxes.txt");
      await assert.rejects(run(addBoxes(path), []), (error) => {
        assert(error instanceof SyntaxError, `${error}`);
        assert(error.message.includes(`${path}:${line}`), error.message);
        assert.match(error.message, fault);
        return true;
      });
    });
  }
  await assert.rejects(run(addBoxes("/nowhere/boxes.txt"), []), Deno.errors.NotFound);
});

Deno.test("addBoxes() takes records one by one, and stops when it is aborted", async () => {
  await withFolder({ "boxes.txt": OFFICIAL }, async (root) => {
    const path = join(root, "boxes.txt");
    let taken = 0;
    async function* source() {
      for (let i = 1; i <= 9; i++) {
        taken++;
        yield* streamOf([recordOf(`00000${i}.jpg`)]);
      }
    }
    for await (const { image } of addBoxes(path)(source())) if (image === "000002.jpg") break;
    assert.equal(taken, 2);
    const signal = AbortSignal.abort(new Error("interrupted"));
    await assert.rejects(run(addBoxes(path, { signal }), []), { message: "interrupted" });
  });
});
