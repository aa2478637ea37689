import assert from "node:assert/strict";
import { drawHeatMap, heatColour } from "../../../pipeline/image/drawing/heat_map.ts";

const grey = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(100),
});

/** Relative luminance of an sRGB colour (IEC 61966-2-1). */
function luminance(colour: readonly number[]): number {
  const [r, g, b] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

Deno.test("heatColour() gets lighter with every step, in even steps of Oklab lightness", () => {
  const light = Array.from(
    { length: 256 },
    (_, step) => Math.cbrt(luminance(heatColour(step / 255))),
  );
  for (let step = 1; step < 256; step++) {
    assert.ok(light[step]! >= light[step - 1]! - 0.002, `darker at step ${step}`);
  }
  // The cube root of luminance is Oklab lightness for greys and close to it for these colours.
  for (const step of [0, 64, 128, 192]) {
    const rise = light[Math.min(step + 64, 255)]! - light[step]!;
    assert.ok(rise > 0.1 && rise < 0.22, `rises by ${rise} from step ${step}`);
  }
});

Deno.test("heatColour() stays within the range of its ends", () => {
  assert.deepEqual(heatColour(-1), heatColour(0));
  assert.deepEqual(heatColour(NaN), heatColour(0));
  assert.deepEqual(heatColour(7), heatColour(1));
  assert.deepEqual(heatColour(0), [54, 7, 97]);
});

Deno.test("drawHeatMap() leaves the image alone under a map of zeros", () => {
  const image = grey(5, 3);
  const map = { width: 2, height: 2, data: new Float32Array([0, -1, NaN, 0]) };
  assert.deepEqual(drawHeatMap(image, map), image);
  assert.notEqual(drawHeatMap(image, map).data, image.data, "the result is a new image");
});

Deno.test("drawHeatMap() mixes the colour in by opacity and value", () => {
  const one = { width: 1, height: 1, data: new Float32Array([1]) };
  const [red, green, blue] = heatColour(1);
  assert.deepEqual([...drawHeatMap(grey(1, 1), one, { opacity: 1 }).data], [red, green, blue]);
  const half = { width: 1, height: 1, data: new Float32Array([0.5]) };
  const wanted = heatColour(0.5).map((channel) => Math.round(100 + (channel - 100) * 0.4));
  assert.deepEqual([...drawHeatMap(grey(1, 1), half).data], wanted);
});

Deno.test("drawHeatMap() enlarges a map bilinearly about its pixel centres", () => {
  // Two map pixels over four image pixels: their centres lie at 0.5 and 2.5 image pixels, hence
  // the values 0, 1/4, 3/4, 1. The other axis the same.
  const weights = [0, 1 / 4, 3 / 4, 1];
  const across = drawHeatMap(grey(4, 1), { width: 2, height: 1, data: new Float32Array([0, 1]) });
  const down = drawHeatMap(grey(1, 4), { width: 1, height: 2, data: new Float32Array([0, 1]) });
  const wanted = weights.flatMap((value) =>
    heatColour(value).map((channel) => Math.round(100 + (channel - 100) * 0.8 * value))
  );
  assert.deepEqual([...across.data], wanted);
  assert.deepEqual([...down.data], wanted);
});

Deno.test("drawHeatMap() refuses data that does not fit its size", () => {
  const map = { width: 2, height: 2, data: new Float32Array(3) };
  assert.throws(() => drawHeatMap(grey(4, 4), map), {
    name: "TypeError",
    message: "Cannot draw a heat map: the heat map of 2x2 pixels needs 4 values, it has 3",
  });
  const rgba = { width: 1, height: 1, data: new Uint8Array(4) };
  const good = { width: 1, height: 1, data: new Float32Array(1) };
  assert.throws(() => drawHeatMap(rgba, good), { name: "TypeError", message: /the image of 1x1/ });
});
