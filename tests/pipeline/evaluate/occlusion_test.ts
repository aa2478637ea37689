import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import { occlusionText } from "../../../pipeline/cli/text/occlusion.ts";
import { measureOcclusion, type Occlusion } from "../../../pipeline/evaluate/occlusion.ts";
import { growBlob } from "../../../pipeline/evaluate/occlusion/blob.ts";
import { EvenChoice } from "../../../pipeline/evaluate/occlusion/even_choice.ts";
import type { Logits } from "../../../pipeline/evaluate/occlusion/network_logits.ts";
import {
  elsewhereOf,
  occludedImages,
} from "../../../pipeline/evaluate/occlusion/occluded_images.ts";
import { regionSets, WHOLE_FACE } from "../../../pipeline/evaluate/occlusion/region_sets.ts";
import { type FaceShifts, summarise } from "../../../pipeline/evaluate/occlusion/shifts.ts";
import { type Face, loadFaces, regionsOf } from "../../../pipeline/face/faces.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { regionBits } from "../../../pipeline/face/regions.ts";
import { report } from "../../../pipeline/report.ts";
import { schemaOf } from "../../../pipeline/files/schema.ts";
import { regionBitsOf } from "../../../pipeline/face/region_bits.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { assertSelfContained } from "../../comparing/page_checks.ts";
import { someFaces } from "../../contexts/train_context.ts";

const A = ATTRIBUTES.length;
const MOUTH = regionBits(["mouth"]);

const INPUT = { height: 54, width: 44 };
const records = (await Array.fromAsync(someFaces(4))).filter(({ split }) => split === "test");

async function firstFace(): Promise<Face> {
  const [face] = await Array.fromAsync(
    loadFaces(ReadableStream.from(records.slice(0, 1)), INPUT, (_, reason) => assert.fail(reason)),
  );
  return face!;
}

/** Whether pixels hang together by their sides. */
function isConnected(pixels: Uint32Array, width: number): boolean {
  const left = new Set(pixels);
  const next = [pixels[0]!];
  left.delete(pixels[0]!);
  for (const pixel of next) {
    const sides = [pixel - width, pixel + width];
    if (pixel % width > 0) sides.push(pixel - 1);
    if (pixel % width < width - 1) sides.push(pixel + 1);
    for (const side of sides) if (left.delete(side)) next.push(side);
  }
  return left.size === 0;
}

Deno.test("isConnected() sees a gap, and that a row's end does not touch the next row", () => {
  assert(isConnected(Uint32Array.of(0, 1, 4), 3));
  assert(!isConnected(Uint32Array.of(0, 2), 3));
  assert(!isConnected(Uint32Array.of(2, 3), 3));
});

Deno.test("growBlob() grows one piece of the size asked for, where it may, by its seed", () => {
  const random = new Random(1);
  const free = Uint8Array.from({ length: 63 * 65 }, () => random.next() < 0.8 ? 1 : 0);
  for (const count of [1, 2, 64, 1000]) {
    const blob = growBlob(free, 65, count, new Random(count))!;
    assert.equal(new Set(blob).size, count);
    assert(blob.every((pixel) => free[pixel] === 1), `${count} pixels are free`);
    assert(isConnected(blob, 65), `${count} pixels hang together`);
    assert.deepEqual(growBlob(free, 65, count, new Random(count)), blob);
  }
  assert.notDeepEqual(growBlob(free, 65, 9, new Random(1)), growBlob(free, 65, 9, new Random(2)));
});

Deno.test("growBlob() passes over islands that are too small, and finds none where all are", () => {
  // # . # #
  // # . . #
  const free = Uint8Array.of(1, 0, 1, 1, 1, 0, 0, 1);
  for (let seed = 0; seed < 10; seed++) {
    assert.deepEqual(growBlob(free, 4, 3, new Random(seed))!.toSorted(), Uint32Array.of(2, 3, 7));
  }
  assert.equal(growBlob(free, 4, 4, new Random(1)), null);
  assert.equal(growBlob(new Uint8Array(8), 4, 1, new Random(1)), null);
});

Deno.test("elsewhereOf() lies on the face and outside of the region", async () => {
  const polygons = regionsOf((await firstFace()).record);
  const bits = regionBitsOf(polygons!, INPUT);
  for (const { bits: set } of regionSets()) {
    const count = bits.filter((regions) => regions & set).length;
    const left = bits.filter((regions) => regions && !(regions & set)).length;
    const blob = elsewhereOf(bits, set, INPUT.width, count, new Random(3));
    if (left < count) assert.equal(blob, null);
    for (const pixel of blob ?? []) assert(bits[pixel] !== 0 && (bits[pixel]! & set) === 0);
    if (blob) assert(isConnected(blob, INPUT.width));
  }
});

Deno.test("occludedImages() greys a region, and as many pixels elsewhere, and 36 images at most", async () => {
  const sets = regionSets();
  assert.equal(sets.length, 18);
  assert.equal(sets.flatMap(({ columns }) => columns).length, A);
  assert.deepEqual(regionSets(["Smiling", "Big_Lips"]).map(({ bits }) => bits), [MOUTH]);
  const { pixels, record } = await firstFace();
  const polygons = regionsOf(record);
  const bits = regionBitsOf(polygons!, INPUT);
  const face = { pixels: pixels!, bits, width: INPUT.width };
  const images = [...occludedImages(face, sets, new Random(4))];
  assert(images.length > 20 && images.length <= 36, `${images.length} images`);
  assert.equal(images[0]!.what, "nothing");
  assert.equal(images.filter(({ set }) => set?.bits === WHOLE_FACE).length, 1);
  const black = { ...face, pixels: new Uint8Array(face.pixels.length) };
  const grey = [...occludedImages(black, regionSets(["Smiling"]), new Random(4))]
    .map(({ pixels }) => pixels.filter((value) => value === 128).length / 3);
  const mouth = bits.filter((regions) => regions & MOUTH).length;
  assert.deepEqual(grey, [0, mouth, mouth]);
});

Deno.test("EvenChoice takes all of few, and of many as many as asked for from all parts", () => {
  for (const count of [0, 1, 9, 10, 11, 19, 20, 21, 1000, 1023]) {
    const choice = new EvenChoice<number>(10);
    for (let item = 0; item < count; item++) choice.add(item);
    const { items } = choice;
    assert.equal(items.length, Math.min(count, 10), `of ${count}`);
    for (const [at, item] of items.entries()) {
      assert(Math.abs(item - at * Math.max(1, count / 10)) <= count / 5, `of ${count}: ${items}`);
    }
  }
});

/** Logits that are the sum of a stubbed network's weights times the distance of pixels from grey. */
function looksAt(weight: (pixel: number) => number): Logits {
  return (images) =>
    Promise.resolve(Float32Array.from(images.flatMap((image) => {
      let logit = 0;
      for (let pixel = 0; pixel < image.length / 3; pixel++) {
        logit += weight(pixel) * Math.abs(image[3 * pixel]! - 128);
      }
      return new Array<number>(A).fill(logit / 1000);
    })));
}

/** Occludes the first test face alone, of which a stub knows where its mouth is. */
async function occludeOne(weight: (isMouth: boolean) => number, batch = 5): Promise<Occlusion> {
  const polygons = regionsOf((await firstFace()).record);
  const bits = regionBitsOf(polygons!, INPUT);
  const logits = looksAt((pixel) => weight((bits[pixel]! & MOUTH) !== 0));
  const job = { records: records.slice(0, 1), split: "test", input: INPUT, batch, logits };
  return await measureOcclusion({ ...job, learnt: ["Smiling", "Big_Nose", "Young"] });
}

Deno.test("measureOcclusion() tells a network that looks at the mouth from one that looks past it", async () => {
  const there = await occludeOne((isMouth) => isMouth ? 1 : 0);
  const [nose, smile, young] = there.attributes;
  assert.deepEqual([nose!.name, smile!.name, young!.name], ["Big_Nose", "Smiling", "Young"]);
  assert(smile!.region!.mean > 0.1, "the mouth moves it");
  assert.equal(smile!.elsewhere!.mean, 0);
  assert.equal(smile!.difference!.mean, smile!.region!.mean);
  assert.equal(smile!.difference!.interval, null, "one face says nothing of others");
  assert.deepEqual([young!.elsewhere, young!.difference], [null, null]);
  const past = await occludeOne((isMouth) => isMouth ? 0 : 1);
  assert.equal(past.attributes[1]!.region!.mean, 0);
  assert(
    past.attributes[1]!.difference!.mean < 0,
    "and must not where the network looks elsewhere",
  );
});

Deno.test("measureOcclusion() says the same for any batch, and tells how far it is", async () => {
  const one = await occludeOne(() => 1, 1);
  assert.deepEqual(await occludeOne(() => 1, 64), one);
  const told: [number, number][] = [];
  const job = { records, split: "test", input: INPUT, batch: 16, logits: looksAt(() => 1) };
  const all = await measureOcclusion({ ...job, onProgress: (...done) => void told.push(done) });
  assert.equal(all.faces, 8);
  assert.deepEqual(told.at(-1), [8, 8]);
  assert.deepEqual(await measureOcclusion(job), all, "seeded");
});

Deno.test("measureOcclusion() holds no more than a batch, stops at a signal, and needs landmarks", async () => {
  const abort = new AbortController();
  const sizes: number[] = [];
  const stub = looksAt(() => 1);
  const logits: Logits = (images) => {
    sizes.push(images.length);
    if (sizes.length === 3) abort.abort(new Error("interrupted"));
    return stub(images);
  };
  const job = { records, split: "test", input: INPUT, batch: 7, logits, signal: abort.signal };
  await assert.rejects(measureOcclusion(job), { message: "interrupted" });
  assert.deepEqual(sizes, [7, 7, 7]);
  const bare = records.map((record) => ({ ...record, points: null }));
  await assert.rejects(
    measureOcclusion({ ...job, records: bare, logits: stub }),
    /nothing to occlude: no face of the split test has landmarks/,
  );
});

/** Faces whose regions move logits by 2 in the mean, and elsewhere by 1 the other way. */
function shiftsOf(faces: number, seed = 5): FaceShifts[] {
  const random = new Random(seed);
  return Array.from({ length: faces }, (_, face) => ({
    labels: face % 2 === 0 ? labelsOf(["Smiling"]) : 0,
    region: Float64Array.from({ length: A }, () => 2 + 0.1 * random.normal()),
    elsewhere: Float64Array.from(
      ATTRIBUTES,
      (name) =>
        name === "Young" || (name === "Pale_Skin" && face > 0) ? NaN : -1 + 0.1 * random.normal(),
    ),
  }));
}

Deno.test("summarise() takes paired means with seeded intervals, falls with their signs, and means of means", () => {
  const { attributes, means, ...rest } = summarise(shiftsOf(40), "test");
  assert.deepEqual(rest, { split: "test", faces: 40, level: 0.95, resamples: 1000, seed: 64 });
  assert.deepEqual(summarise(shiftsOf(40), "test").attributes, attributes);
  const smile = attributes[ATTRIBUTES.indexOf("Smiling")]!;
  assert.deepEqual([smile.faces, smile.fall.faces], [40, 20]);
  for (
    const [{ mean, interval }, truth] of [
      [smile.region!, 2],
      [smile.elsewhere!, 1],
      [smile.difference!, 1],
      [smile.fall.region!, 2],
      [smile.fall.elsewhere!, -1],
      [smile.fall.difference!, 3],
      [means.difference!, 1],
    ] as const
  ) {
    assert(Math.abs(mean - truth) < 0.1, `${mean} is about ${truth}`);
    const [low, high] = interval!;
    assert(low < mean && mean < high && high - low < 0.2, `${low} to ${high}`);
  }
  assert.equal(attributes[ATTRIBUTES.indexOf("Young")]!.elsewhere, null);
  assert.equal(attributes[ATTRIBUTES.indexOf("Pale_Skin")]!.elsewhere!.interval, null);
  assert.equal(means.attributes, A - 2, "neither of them is in the means");
  assert.equal(attributes[0]!.fall.region, null, "no face has it");
});

Deno.test("occlusionText() tells the means with their intervals", () => {
  const text = occlusionText(summarise(shiftsOf(40), "test"));
  assert.match(
    text,
    /^occlusion: the region moves a logit by [12]\.\d\d \(\d\.\d\d to 2\.\d\d\), as many pixels elsewhere by \d\.\d\d \(/,
  );
  assert.match(text, /falls by [12]\.\d\d \([^)]*\) and -\d\.\d\d \(/);
  assert.match(text, /38 attributes over 40 faces; for 38 of them/);
  assert.match(occlusionText(summarise([], "test")), /no attribute has a region/);
});

Deno.test("report() shows where the network looks, if that was measured", () =>
  inFolder(async (folder) => {
    const write = (name: "run" | "occlusion", file: string, content: object) =>
      Deno.writeTextFile(
        join(folder, file),
        JSON.stringify({ schema: schemaOf(name), ...content }),
      );
    const page = async () => await Deno.readTextFile(await report({ run: folder }));
    await write("run", "config.json", {});
    const without = await page();
    assert.doesNotMatch(without, /id="occlusion"|Where it looks|Figure 5/);
    for (const faces of [0, 1, 40]) {
      await write("occlusion", "occlusion.json", summarise(shiftsOf(faces), "test"));
      const text = await page();
      assertSelfContained(text);
      assert.match(text, /<a href="#occlusion">/);
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      if (faces < 40) continue;
      assert.match(text, /moves its logit by [12]\.\d\d \(\d\.\d\d to \d\.\d\d\)/);
      assert.match(text, /moves\s+38 further than elsewhere does/);
      assert.match(text, /The region of Young is the whole face/);
    }
    await write("occlusion", "occlusion.json", { split: "test" });
    await assert.rejects(page(), { message: /occlusion\.json:1: shifts .*: faces is no whole/ });
  }));
