import assert from "node:assert/strict";
import { join } from "node:path";
import { rasterize as rasterizeTwin } from "../../../kernels/cpu/rasterize.ts";
import { ATTRIBUTES, hasAttribute, labelsOf } from "../../../pipeline/face/attributes.ts";
import { readImage } from "../../../pipeline/image/image.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { attributeRegionMasks, REGIONS } from "../../../pipeline/face/regions.ts";
import {
  exportSegments,
  type Extent,
  type MaskFormat,
  polygonsOf,
  type Segmented,
  segments,
  type SegmentsOptions,
} from "../../../pipeline/segments.ts";
import { frontalFace } from "../../fixtures/region_diagram.ts";
import {
  CELEBA_FRAME,
  faceRecord,
  GOLDEN,
  goldenMasks,
  goldenRecords,
} from "../../fixtures/golden_segments.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";

const MASK: Extent = { height: 96, width: 76 };
const ON_CPU: SegmentsOptions = { frame: CELEBA_FRAME, mask: MASK, gpu: null };

function labelled(image: string, names: Parameters<typeof labelsOf>[0], points = frontalFace()) {
  return { ...faceRecord(image, points), labels: labelsOf(names) };
}

function drawn(records: FaceRecord[], options = ON_CPU): Promise<Segmented[]> {
  return Array.fromAsync(segments(options)(ReadableStream.from(records)));
}

async function exported(records: FaceRecord[], format: MaskFormat, mask = MASK) {
  const out = await Deno.makeTempDir();
  const source = segments({ ...ON_CPU, mask })(ReadableStream.from(records));
  const summary = await exportSegments({ out, mask, format })(source);
  const lines = async (name: string) =>
    (await Deno.readTextFile(join(out, name))).trimEnd().split("\n").map((line) => line.split(","));
  return { out, summary, lines, files: [...Deno.readDirSync(out)].map(({ name }) => name).sort() };
}

/** The packed masks computed pixel by pixel, without planes. */
function packNaively(faces: Segmented[]): Uint8Array {
  const masks = attributeRegionMasks();
  const pixels = faces[0]?.bits?.length ?? 0;
  const packed = new Uint8Array(faces.length * 40 * pixels / 8);
  let at = 0;
  for (const { record, bits } of faces) {
    for (let column = 0; column < 40; column++, at += pixels) {
      if (!hasAttribute(record.labels ?? 0, column)) continue;
      bits?.forEach((word, pixel) => {
        const byte = (at + pixel) >> 3;
        if (word & (masks[column] as number)) {
          packed[byte] = (packed[byte] as number) | (0x80 >> ((at + pixel) & 7));
        }
      });
    }
  }
  return packed;
}

Deno.test("the face that the tests draw has all regions", async () => {
  const [face] = await drawn([faceRecord("a.jpg", frontalFace())]);
  const covered = face?.bits?.reduce((all, word) => all | word, 0);
  assert.equal(covered, (1 << REGIONS.length) - 1);
});

Deno.test("segments() draws what the twin draws, in the order of the records", async () => {
  const records = Array.from(
    { length: 5 },
    (_, i) => faceRecord(`${i}.jpg`, frontalFace().map((value) => value + 3 * i)),
  );
  const faces = await drawn(records, { ...ON_CPU, batch: 2 });
  assert.deepEqual(faces.map(({ record }) => record.image), records.map(({ image }) => image));
  for (const { record, bits } of faces) {
    const polygons = polygonsOf(record.points as Float32Array);
    const expected = rasterizeTwin({
      ...polygons,
      regions: REGIONS.length,
      source: CELEBA_FRAME,
      mask: MASK,
    });
    assert.deepEqual(bits?.slice(), expected);
  }
});

gpuTest("segments() draws the same on the GPU and on the CPU", async (gpu) => {
  const records = Array.from(
    { length: 7 },
    (_, i) => faceRecord(`${i}.jpg`, frontalFace().map((value) => value * (1 - i / 20))),
  );
  const faces = await drawn(records, { ...ON_CPU, gpu, batch: 3 });
  assert.deepEqual(faces, await drawn(records));
});

Deno.test("segments() scales the points from the image to the frame", async () => {
  const record = faceRecord("a.jpg", frontalFace());
  const half = {
    ...record,
    size: [89, 109] as const,
    points: frontalFace().map((value) => value / 2),
  };
  const [whole, scaled] = await drawn([record, half]);
  assert.deepEqual(scaled?.bits?.slice(), whole?.bits?.slice());
});

Deno.test("segments() passes rejected records on and rejects those it cannot draw", async () => {
  const broken = frontalFace();
  broken[9] = NaN;
  const faces = await drawn([
    { ...faceRecord("a.jpg", null), rejected: "no face" },
    faceRecord("b.jpg", null),
    faceRecord("c.jpg", broken),
    faceRecord("d.jpg", frontalFace().map((value) => value * 1000)),
    faceRecord("e.jpg", frontalFace()),
  ], { ...ON_CPU, batch: 5 });
  assert.deepEqual(faces.map(({ bits }) => bits?.length ?? null), [
    null,
    null,
    null,
    null,
    96 * 76,
  ]);
  const reasons = faces.map(({ record }) => record.rejected);
  assert.equal(reasons[0], "no face");
  assert.equal(reasons[1], "there are no landmarks");
  assert.match(reasons[2] ?? "", /landmark y_4 is NaN/);
  assert.match(reasons[3] ?? "", /beyond ±32767/);
  assert.equal(reasons[4], null);
});

Deno.test("segments() stops at a record with 67 landmarks and names it", async () => {
  await assert.rejects(drawn([faceRecord("b.jpg", frontalFace().slice(2))]), {
    name: "TypeError",
    message: /68 landmarks are needed, got 67 \(record b.jpg\)/,
  });
});

Deno.test("segments() stops on request with the request's reason", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    drawn([faceRecord("a.jpg", frontalFace())], { ...ON_CPU, signal }),
    /enough/,
  );
});

for (const mask of [MASK, CELEBA_FRAME, { height: 5, width: 3 }]) {
  Deno.test(`exportSegments() packs bits without gaps at ${mask.height}x${mask.width}`, async () => {
    const records = [
      labelled("a.jpg", ATTRIBUTES),
      labelled("b.jpg", ["Bald", "Smiling", "Young"]),
      labelled("c.jpg", []),
    ];
    const { out, files, summary } = await exported(records, "bits", mask);
    const name = `masks_${mask.height}x${mask.width}.bits`;
    assert.deepEqual(files, ["coverage.csv", "empty_masks.csv", name, "segments.json"]);
    const packed = await Deno.readFile(join(out, name));
    assert.equal(packed.length, 3 * 40 * mask.height * mask.width / 8);
    assert.deepEqual(packed, packNaively(await drawn(records, { ...ON_CPU, mask })));
    assert.equal(summary.images, 3);
    assert.equal(summary.bitsFile, join(out, name));
    await Deno.remove(out, { recursive: true });
  });
}

Deno.test("exportSegments() writes coverage and the labels whose mask is empty", async () => {
  // The brows end where the jaw begins: the ears do not stick out.
  const noEars = frontalFace();
  noEars[2 * 17] = noEars[0] as number;
  noEars[2 * 26] = noEars[2 * 16] as number;
  const { out, lines, summary } = await exported([
    labelled("a.jpg", ["Wearing_Earrings", "Big_Nose"]),
    labelled("b, with a comma.jpg", ["Wearing_Earrings", "Big_Nose"], noEars),
  ], "none");
  const [header, first] = await lines("coverage.csv");
  assert.deepEqual(header, ["image_name", ...ATTRIBUTES]);
  const [face] = await drawn([faceRecord("a.jpg", frontalFace())]);
  const nose = face?.bits?.filter((word) => word & 1 << REGIONS.indexOf("nose")).length;
  assert.equal(first?.[1 + ATTRIBUTES.indexOf("Big_Nose")], String(nose));
  assert.equal(first?.[1 + ATTRIBUTES.indexOf("Bald")], "0");
  assert.deepEqual(await lines("empty_masks.csv"), [
    ["image_name", "attribute"],
    ['"b', ' with a comma.jpg"', "Wearing_Earrings"],
  ]);
  const count = { stage: "segments", faces: 2, used: 2, leftOut: [] };
  const emptyMasksFile = join(out, "empty_masks.csv");
  const counts = { images: 2, rejected: 0, emptyMasks: 1, count };
  assert.deepEqual(summary, { ...counts, emptyMasksFile, bitsFile: null });
  await Deno.remove(out, { recursive: true });
});

Deno.test("exportSegments() writes a picture of 0 and 255 for each attribute", async () => {
  const { out, files } = await exported([labelled("sub/a.jpg", ["Bald", "Bangs"])], "png");
  assert.deepEqual(files, ["coverage.csv", "empty_masks.csv", "segments.json", "sub"]);
  const names = [...Deno.readDirSync(join(out, "sub"))].map(({ name }) => name);
  assert.deepEqual(names.sort(), ATTRIBUTES.map((name) => `${name}_mask_a.png`).sort());
  const [face] = await drawn([faceRecord("a.jpg", frontalFace())]);
  const hair = 1 << REGIONS.indexOf("top_of_head");
  const picture = await readImage(join(out, "sub", "Bald_mask_a.png"));
  assert.deepEqual([picture.width, picture.height], [76, 96]);
  const values = Array.from(picture.data.filter((_, i) => i % 3 === 0));
  assert.deepEqual(values, Array.from(face?.bits ?? [], (word) => word & hair ? 255 : 0));
  const empty = await readImage(join(out, "sub", "Male_mask_a.png"));
  assert(empty.data.every((value) => value === 0));
  await Deno.remove(out, { recursive: true });
});

Deno.test("exportSegments() keeps a place for a face that cannot be drawn, none without landmarks", async () => {
  const broken = frontalFace().fill(NaN, 0, 1);
  const { out, lines, summary } = await exported([
    labelled("a.jpg", ["Young"], broken),
    { ...faceRecord("b.jpg", null), rejected: "no face" },
    labelled("c.jpg", ["Young"]),
  ], "bits");
  assert.deepEqual((await lines("coverage.csv")).map(([name]) => name), [
    "image_name",
    "a.jpg",
    "c.jpg",
  ]);
  assert.deepEqual((await lines("empty_masks.csv")).slice(1), [["a.jpg", "Young"]]);
  assert.equal(summary.rejected, 1);
  const packed = await Deno.readFile(join(out, "masks_96x76.bits"));
  assert.equal(packed.length, 2 * 40 * 96 * 76 / 8);
  assert(packed.subarray(0, packed.length / 2).every((byte) => byte === 0));
  await Deno.remove(out, { recursive: true });
});

Deno.test("exportSegments() of another size keeps the tables of the first, and replaces its own", async () => {
  const out = await Deno.makeTempDir();
  const read = (name: string) => Deno.readTextFile(join(out, name));
  const draw = async (height: number, width: number, names: Parameters<typeof labelsOf>[0]) => {
    const mask = { height, width };
    const drawn = segments({ ...ON_CPU, mask })(ReadableStream.from([labelled("a.jpg", names)]));
    return await exportSegments({ out, mask, format: "none" })(drawn);
  };
  await draw(96, 76, ["Young"]);
  const first = await Promise.all(["coverage.csv", "empty_masks.csv"].map(read));
  const { emptyMasksFile } = await draw(41, 31, ["Young"]);
  assert.equal(emptyMasksFile, join(out, "empty_masks_41x31.csv"));
  assert.deepEqual(await Promise.all(["coverage.csv", "empty_masks.csv"].map(read)), first);
  const second = await read("coverage_41x31.csv");
  assert.notEqual(second, first[0]);
  await draw(96, 76, ["Young", "Male"]);
  assert.notEqual(await read("coverage.csv"), first[0], "masks of the same size are new");
  assert.equal(await read("coverage_41x31.csv"), second);
  await draw(41, 31, ["Young", "Male"]);
  assert.notEqual(await read("coverage_41x31.csv"), second);
  const names = Array.from(Deno.readDirSync(out), ({ name }) => name).sort();
  const tables = ["coverage", "empty_masks"].flatMap((
    name,
  ) => [`${name}.csv`, `${name}_41x31.csv`]);
  assert.deepEqual(names, [...tables, "segments.json"]);
  await Deno.remove(out, { recursive: true });
});

Deno.test("exportSegments() leaves nothing behind when it fails or is stopped", async () => {
  const out = await Deno.makeTempDir();
  const source = () =>
    segments(ON_CPU)(ReadableStream.from([
      labelled("a.jpg", ["Young"]),
      faceRecord("b.jpg", frontalFace()),
    ]));
  const options = { out, mask: MASK, format: "bits" } as const;
  await assert.rejects(exportSegments(options)(source()), /masks of b.jpg: it has no labels/);
  assert.deepEqual([...Deno.readDirSync(out)], []);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(exportSegments({ ...options, signal })(source()), /enough/);
  assert.deepEqual([...Deno.readDirSync(out)], []);
  await Deno.remove(out, { recursive: true });
});

/** Fails at the first mask that differs from the reference's. */
function assertGolden(got: Uint8Array, expected: Uint8Array, size: string): void {
  assert.equal(got.length, expected.length);
  const at = expected.findIndex((byte, i) => byte !== got[i]);
  if (at < 0) return;
  const mask = Math.floor(at / expected.length * 48 * 40);
  assert.fail(
    `${size}: face ${Math.floor(mask / 40)}, ${ATTRIBUTES[mask % 40]} differs at byte ${at}`,
  );
}

for (const size of ["218x178", "96x76"]) {
  const [height = 0, width = 0] = size.split("x").map(Number);
  const mask = { height, width };

  Deno.test({
    name: `the masks of 48 faces equal the reference's at ${size}: twin, CPU path, export`,
    ignore: !GOLDEN,
    async fn() {
      const folder = GOLDEN as string;
      const records = await goldenRecords(folder);
      const expected = await goldenMasks(folder, size);
      const twin = records.map((record) => ({
        record,
        bits: rasterizeTwin({
          ...polygonsOf(record.points as Float32Array),
          regions: REGIONS.length,
          source: CELEBA_FRAME,
          mask,
        }),
      }));
      assertGolden(packNaively(twin), expected, `twin ${size}`);
      const { out } = await exported(records, "bits", mask);
      assertGolden(await Deno.readFile(join(out, `masks_${size}.bits`)), expected, size);
      await Deno.remove(out, { recursive: true });
    },
  });

  if (!GOLDEN) continue;
  gpuTest(`the masks of 48 faces equal the reference's at ${size}: kernel`, async (gpu) => {
    const records = await goldenRecords(GOLDEN as string);
    const faces = await drawn(records, { frame: CELEBA_FRAME, mask, gpu });
    assertGolden(packNaively(faces), await goldenMasks(GOLDEN as string, size), size);
  });
}
