import assert from "node:assert/strict";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { Canvas } from "../../../pipeline/image/drawing/canvas.ts";
import { endThatFits, widthOfText, writeText } from "../../../pipeline/image/drawing/text.ts";
import { pixel } from "../../fixtures/heat_maps.ts";

const INK = [240, 240, 240] as const;

function written(text: string, size = 20): Canvas {
  const canvas = new Canvas(300, 40, [0, 0, 0]);
  writeText(canvas, text, 10, 8, { size, colour: INK });
  return canvas;
}

Deno.test("writeText() has all that attributes' names and figures need, and ? for what it lacks", () => {
  const unknown = written("?").data;
  for (const character of new Set([...ATTRIBUTES.join(""), ..."0123456789.;:-_()/…"])) {
    assert.notDeepEqual(written(character).data, unknown, character);
    assert(written(character).data.some((channel) => channel > 128), character);
  }
  assert.notDeepEqual(written("a").data, written("A").data);
  assert.notDeepEqual(written("б").data, unknown);
  assert.deepEqual(written("日").data, unknown);
  assert.deepEqual(written("\u{1f600}").data, unknown);
  assert(written(" ").data.every((channel) => channel === 0));
});

Deno.test("writeText() stays within its width, is anti-aliased, and has capitals of whole pixels", () => {
  for (const size of [13, 17, 22]) {
    const canvas = written("HE minim 0.5", size);
    const width = widthOfText("HE minim 0.5", size);
    const inked = Array.from({ length: 300 }, (_, x) => x)
      .filter((x) => Array.from({ length: 40 }, (_, y) => pixel(canvas, x, y)[0]!).some(Boolean));
    assert(inked[0]! >= 10 && inked.at(-1)! < 10 + width, `size ${size}`);
    assert(new Set(canvas.data).size > 8, `shades at size ${size}`);
    const stem = written("I", size);
    const shades = Array.from(
      { length: 40 },
      (_, y) => Math.max(...Array.from({ length: 20 }, (_, x) => pixel(stem, x, y)[0]!)),
    );
    assert.equal(shades.indexOf(shades[10]!), 8, `top at size ${size}`);
    assert.equal(new Set(shades).size, 2, `neither end is blurred at size ${size}`);
  }
});

Deno.test("endThatFits() keeps the end of a name behind three dots", () => {
  assert.equal(endThatFits("a.jpg", 200, 20), "a.jpg");
  const cut = endThatFits("holiday/".repeat(20) + "000001.jpg", 200, 20);
  assert.match(cut, /^….*000001\.jpg$/);
  assert(widthOfText(cut, 20) <= 200);
  assert.equal(endThatFits("a.jpg", 1, 20), "…");
});
