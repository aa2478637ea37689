import assert from "node:assert/strict";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { readCsv } from "../../../pipeline/files/csv.ts";
import {
  ATTRIBUTE_REGIONS,
  attributeRegionMasks,
  type Region,
  REGION_SHAPES,
  regionBits,
  REGIONS,
} from "../../../pipeline/face/regions.ts";
import { MAX_CORNERS, polygonsOf } from "../../../pipeline/face/region_polygons.ts";
import { realData } from "../../contexts/real_data.ts";

/** Landmark i at (10 + i, 100 + i): each corner then tells which landmark it was made from. */
function countedPoints(): Float32Array {
  return Float32Array.from({ length: 136 }, (_, i) => i % 2 ? 100 + (i >> 1) : 10 + (i >> 1));
}

function withPoint(points: Float32Array, point: number, x: number, y: number): Float32Array {
  const changed = points.slice();
  changed.set([x, y], 2 * point);
  return changed;
}

function vertices(points: Float32Array, region: Region, scaleX = 1, scaleY = 1): number[][] {
  const { polygons, counts } = polygonsOf(points, scaleX, scaleY);
  const slot = REGIONS.indexOf(region);
  return Array.from({ length: counts[slot] as number }, (_, i) => {
    const at = (slot * MAX_CORNERS + i) * 2;
    return [...polygons.subarray(at, at + 2)];
  });
}

Deno.test("there are 14 regions, and each of the 40 attributes has at least one", () => {
  assert.equal(REGIONS.length, 14);
  assert.deepEqual(Object.keys(REGION_SHAPES), [...REGIONS]);
  assert.deepEqual(Object.keys(ATTRIBUTE_REGIONS), [...ATTRIBUTES]);
  for (const name of ATTRIBUTES) {
    const regions = ATTRIBUTE_REGIONS[name];
    assert(regions.length > 0, name);
    assert.equal(new Set(regions).size, regions.length, name);
  }
});

Deno.test("attributeRegionMasks() sets the bits of an attribute's regions", () => {
  const masks = attributeRegionMasks();
  assert.equal(masks.length, 40);
  assert.equal(masks[ATTRIBUTES.indexOf("Goatee")], 1);
  assert.equal(masks[ATTRIBUTES.indexOf("Wearing_Earrings")], (1 << 11) | (1 << 12));
  assert.equal(masks[ATTRIBUTES.indexOf("Male")], (1 << REGIONS.length) - 1);
  assert.equal(regionBits([]), 0);
});

Deno.test("the attributes' regions are the reference's", async () => {
  const table = await realData("attribute-regions.csv");
  if (!table) return;
  let rows = 0;
  for await (const { fields: [name = "", regions = ""] } of readCsv(table)) {
    if (name === "attribute") continue;
    const own = ATTRIBUTE_REGIONS[name as typeof ATTRIBUTES[number]];
    assert.deepEqual([...own].sort(), regions.trim().split(" ").sort(), name);
    rows++;
  }
  assert.equal(rows, 40);
});

Deno.test("polygonsOf() places the chin on 14 landmarks", () => {
  const expected = [5, 6, 7, 8, 9, 10, 11, 54, 55, 56, 57, 58, 59, 48].map((
    i,
  ) => [10 + i, 100 + i]);
  assert.deepEqual(vertices(countedPoints(), "chin"), expected);
});

Deno.test("polygonsOf() widens the nose beyond its wings", () => {
  const nose = vertices(countedPoints(), "nose");
  assert.deepEqual(nose[0], [2 * 41 - 42, 131]);
  assert.deepEqual(nose[4], [2 * 45 - 44, 135]);
  assert.equal(nose.length, 8);
});

Deno.test("polygonsOf() lets the neck hang by the distance from nose to chin", () => {
  const neck = vertices(countedPoints(), "neck");
  assert.deepEqual(neck.slice(6, 8), [[21, 111], [21, 111 + 158 - 133]]);
});

Deno.test("polygonsOf() raises the top of the head by trunc(1.1·y8) − y33", () => {
  const points = withPoint(withPoint(countedPoints(), 8, 50, 159), 33, 50, 120);
  assert.deepEqual(vertices(points, "top_of_head"), [
    [34, 124],
    [34, 124 - (174 - 120)],
    [29, 119 - (174 - 120)],
    [29, 119],
  ]);
});

Deno.test("polygonsOf() takes the lower head where the high one leaves the image", () => {
  const points = withPoint(withPoint(countedPoints(), 8, 50, 210), 33, 50, 105);
  const d = 210 - Math.trunc(1.3 * 105);
  assert.deepEqual(vertices(points, "top_of_head")[1], [34, 124 - d]);
  const high = withPoint(points, 33, 50, 60);
  assert.deepEqual(vertices(high, "top_of_head"), [], "still outside: absent");
});

Deno.test("polygonsOf() knows an ear only if it sticks out by more than 5 pixels", () => {
  const points = countedPoints().map((value) => value + 100);
  const left = (x0: number) => vertices(withPoint(points, 0, x0, 200), "left_ear");
  assert.deepEqual(left(122), [], "x0 − x17 = −5");
  assert.deepEqual(left(121).slice(0, 2), [[2 * 121 - 127, 200], [2 * 111 - 127, 201]]);
  const right = (x16: number) => vertices(withPoint(points, 16, x16, 216), "right_ear");
  assert.deepEqual(right(141), [], "x16 − x26 = 5");
  assert.deepEqual(right(142)[0], [2 * 142 - 136, 216]);
  assert.deepEqual(right(142)[7], [142, 216]);
});

Deno.test("polygonsOf() drops an ear that leaves the image, but no other region", () => {
  const points = withPoint(countedPoints(), 0, 10, 100);
  assert.deepEqual(vertices(points, "left_ear"), [], "2·x0 − x17 is negative");
  const outside = countedPoints().map((value) => value - 105);
  assert.equal(vertices(outside, "left_cheek").length, 12);
  assert(vertices(outside, "left_cheek").some(([x = 0]) => x < 0));
  assert.deepEqual(vertices(outside, "top_of_head"), []);
});

Deno.test("polygonsOf() scales first and then truncates toward zero", () => {
  const points = withPoint(withPoint(countedPoints(), 17, -0.9, 3.99), 18, 10.6, 7);
  assert.deepEqual(vertices(points, "left_eye_brow")[0], [0, 3]);
  assert.deepEqual(vertices(points, "left_eye_brow", 2, 0.5).slice(0, 2), [[-1, 1], [21, 3]]);
});

Deno.test("polygonsOf() refuses points that cannot be drawn", () => {
  const points = countedPoints();
  assert.throws(() => polygonsOf(points.slice(2)), {
    name: "TypeError",
    message: "Cannot place the regions: 68 landmarks are needed, got 67",
  });
  for (const value of [NaN, Infinity]) {
    assert.throws(() => polygonsOf(withPoint(points, 30, 5, value)), {
      name: "RangeError",
      message: `Cannot place the regions: landmark y_30 is ${value}`,
    });
  }
  assert.throws(() => polygonsOf(withPoint(points, 31, 20000, 5)), {
    name: "RangeError",
    message: /nose has a corner at \(39958, 5\), beyond ±32767/,
  });
});
