import assert from "node:assert/strict";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { endThatFits, widthOfText, writeText } from "../../../pipeline/predict/lettering.ts";
import { LETTER, letterFor } from "../../../pipeline/predict/letters.ts";
import { Canvas } from "../../../pipeline/image/drawing/canvas.ts";
import { pixel } from "../../fixtures/heat_maps.ts";

Deno.test("letterFor() has a letter for all that attributes' names and figures need", () => {
  const box = letterFor("ß");
  const needed = new Set([...ATTRIBUTES.join(""), ..."0123456789.;:-_()/"]);
  for (const character of needed) {
    const { strokes, width } = letterFor(character);
    assert.notDeepEqual(strokes, box.strokes, character);
    for (const [x, y] of strokes.flat()) {
      assert.ok(x >= 0 && x <= width && y >= -2 && y <= LETTER.below, `${character}: ${x}, ${y}`);
    }
  }
  assert.notDeepEqual(letterFor("a"), letterFor("A"));
  assert.equal(letterFor(" ").strokes.length, 0);
});

Deno.test("writeText() stays within its width, is anti-aliased, and lies on whole pixels", () => {
  const ink = [240, 240, 240] as const;
  for (const size of [13, 17, 22]) {
    const style = { size, colour: ink, bold: size === 17 };
    const canvas = new Canvas(300, 40, [0, 0, 0]);
    writeText(canvas, "HE minim 0.5", 10, 8, style);
    const width = Math.ceil(widthOfText("HE minim 0.5", style));
    const inked = (x: number) =>
      Array.from({ length: 40 }, (_, y) => pixel(canvas, x, y)[0]!).some((channel) => channel > 8);
    assert.ok(inked(10) && !inked(9) && !inked(10 + width + 1), `size ${size}`);
    const shades = new Set(canvas.data);
    assert.ok(shades.has(240) && shades.size > 8, `${shades.size} shades at size ${size}`);
  }
});

Deno.test("endThatFits() keeps the end of a name behind three dots", () => {
  const style = { size: 20 };
  assert.equal(endThatFits("a.jpg", 200, style), "a.jpg");
  const cut = endThatFits("holiday/".repeat(20) + "000001.jpg", 200, style);
  assert.match(cut, /^….*000001\.jpg$/);
  assert.ok(widthOfText(cut, style) <= 200);
});
