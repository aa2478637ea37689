import assert from "node:assert/strict";
import { join } from "node:path";
import { type Attribute, ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { heatColour, type HeatMap } from "../../../pipeline/image/drawing/heat_map.ts";
import { readImage, type RgbImage } from "../../../pipeline/image/image.ts";
import { predictedFirst } from "../../../pipeline/predict/most_likely.ts";
import { LEGEND } from "../../../pipeline/predict/where_legend.ts";
import { drawWhere } from "../../../pipeline/predict/where_picture.ts";
import { drawWhereSheet, type SeenAttribute } from "../../../pipeline/predict/where_sheet.ts";
import { writeMaps } from "../../../pipeline/predict/write_maps.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { blockMap, flat, pixel } from "../../fixtures/heat_maps.ts";

const WHITE = [255, 255, 255] as const;

const grey = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(100),
});

/** Whether a part of a picture has a pixel of just this colour. */
function hasColour(
  picture: RgbImage,
  colour: readonly number[],
  [left, top, width, height] = [0, 0, picture.width, picture.height],
): boolean {
  for (let y = top!; y < top! + height!; y++) {
    for (let x = left!; x < left! + width!; x++) {
      if (pixel(picture, x, y).every((channel, i) => channel === colour[i])) return true;
    }
  }
  return false;
}

Deno.test("drawWhere() draws the line where the map is one half, and colour inside of it", () => {
  const picture = drawWhere(grey(310, 410), blockMap([31, 41], [10, 10, 20, 20]));
  assert.deepEqual([picture.width, picture.height], [310, 410]);
  // Cells are ten pixels wide; between the centres of the ninth and the tenth lies 100.
  const row = Array.from({ length: 60 }, (_, x) => Math.min(...pixel(picture, 70 + x, 150)));
  assert.equal(row.indexOf(Math.max(...row)) + 70, 99, "white on both sides of 100");
  assert.deepEqual(pixel(picture, 40, 40), [100, 100, 100], "nothing far from it");
  const [red, , blue] = pixel(picture, 150, 150);
  assert.ok(red! > blue! + 40, "yellow in the middle");
});

Deno.test("drawWhere() says in words that a map is empty, and does not make more of it", () => {
  const blank = drawWhere(grey(280, 340), flat(0));
  const faint = drawWhere(grey(280, 340), blockMap([31, 41], [10, 10, 20, 20], [0, 0.12]));
  for (const picture of [blank, faint]) {
    assert.ok(!hasColour(picture, WHITE), "there is no line");
    assert.ok(hasColour(picture, [255, 214, 138], [0, 300, 280, 40]), "there are words");
    assert.ok(!hasColour(picture, [255, 214, 138], [0, 0, 280, 300]), "at the lower edge");
  }
  assert.deepEqual(pixel(blank, 135, 120), [100, 100, 100]);
  const off = pixel(faint, 135, 120).map((channel) => Math.abs(channel - 100));
  assert.ok(Math.max(...off) < 10, `as faint as it is: ${off}`);
  for (const [width, height] of [[1, 1], [30, 20], [2000, 10], [90, 110]] as const) {
    const { data } = drawWhere(grey(width, height), flat(0.3));
    assert.equal(data.length, width * height * 3, "words never break a small picture");
  }
});

Deno.test("predictedFirst() has all that is predicted, then the likeliest others", () => {
  const probabilities = {
    Bald: 0.4,
    Bangs: 0.9,
    Big_Lips: 0.6,
    Big_Nose: 0.7,
    Male: 0.1,
    Young: 0.5,
  };
  // Bald has a threshold of its own below 0.4, Big_Nose one above 0.7.
  const shown = predictedFirst(probabilities, ["Bald", "Bangs"], 3);
  assert.deepEqual(shown.map(({ name, predicted }) => [name, predicted]), [
    ["Bangs", true],
    ["Bald", true],
    ["Big_Nose", false],
    ["Big_Lips", false],
    ["Young", false],
  ]);
});

const seen = (name: Attribute, probability: number, map: HeatMap): SeenAttribute => ({
  name,
  probability,
  map,
});

Deno.test("drawWhereSheet() enlarges small images, and has a row for what is not predicted", () => {
  const map = blockMap([31, 41], [10, 10, 20, 20]);
  const one = drawWhereSheet({
    image: grey(44, 54),
    title: "a",
    attributes: [seen("Young", 0.9, map)],
  });
  const two = drawWhereSheet({
    image: grey(44, 54),
    title: "a",
    attributes: [seen("Young", 0.9, map), seen("Bald", 0.2, map)],
  });
  assert.ok(two.height - one.height > 340, "a part of its own");
  assert.ok(one.height > 340 && one.width > 4 * 264);
  const told = drawWhereSheet({
    image: grey(44, 54),
    title: "a",
    attributes: [seen("Young", 0.9, map), { ...seen("Bald", 0.2, map), predicted: true }],
  });
  assert.equal(told.height, one.height, "what is predicted below one half is with the predicted");
  assert.ok(drawWhereSheet({ image: grey(1, 900), title: "", attributes: [] }).height > 340);
  assert.ok(
    drawWhereSheet({ image: grey(900, 1), title: "ß".repeat(999), attributes: [] }).width > 0,
  );
});

Deno.test("drawWhereSheet() has a legend with the colours of the ends and the line at one half", () => {
  const sheet = drawWhereSheet({ image: grey(178, 218), title: "", attributes: [] });
  const left = sheet.width - LEGEND.width - 18;
  const share = 0.7;
  const [first, last] = [0, 1].map((value) =>
    heatColour(value).map((channel) => Math.round(150 + (channel - 150) * value * share))
  );
  assert.deepEqual(pixel(sheet, left, 20), first);
  assert.deepEqual(pixel(sheet, left + 239, 20), last);
  assert.ok(Math.min(...pixel(sheet, left + 120, 24)) > 200, "white at one half");
  const bright = (x: number) =>
    Array.from(
      { length: 14 * 14 },
      (_, i) => pixel(sheet, left + x + i % 14, 38 + Math.floor(i / 14)),
    )
      .some((colour) => Math.min(...colour) > 150);
  const numbers = [0, 60, 113, 170, 228].map(bright);
  assert.deepEqual(numbers, [true, false, true, false, true], "0, 0.5 and 1 below the bar");
});

Deno.test("writeMaps() puts what is predicted first, by probability", () =>
  inFolder(async (folder) => {
    const mask = { height: 41, width: 31 };
    const maps = new Float32Array(41 * 31 * ATTRIBUTES.length);
    const a = ATTRIBUTES.indexOf("Smiling");
    for (let cell = 0; cell < 41 * 31; cell++) maps[cell * ATTRIBUTES.length + a] = 1;
    const probabilities = { Bangs: 0.6, Smiling: 0.9, Bald: 0.3 };
    const image = grey(178, 218);
    const attributes = ["Bangs", "Smiling"] as const;
    const written = await writeMaps(folder, {
      ...{ image, name: "sub/a.jpg", probabilities, attributes, maps, mask },
    });
    assert.deepEqual(written, {
      where: join(folder, "sub", "a_where.png"),
      maps: ["Bangs", "Smiling"].map((name) => join(folder, "sub", `a_${name}.png`)),
    });
    // The tiles after the image's: the likelier one is yellow all over, the other one grey with words.
    const sheet = await readImage(written.where);
    const middle = (tile: number) => pixel(sheet, 18 + tile * 296 + 139, 116 + 170);
    assert.ok(middle(1)[0]! > middle(1)[2]! + 20, `${middle(1)}`);
    assert.deepEqual(middle(2), [100, 100, 100]);
    const empty = await readImage(written.maps[0]!);
    assert.ok(hasColour(empty, [255, 214, 138]), "the file of an empty map says so too");
  }));
