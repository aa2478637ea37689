import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng, readImage } from "../../../pipeline/image/image.ts";
import { REGIONS } from "../../../pipeline/face/regions.ts";
import { drawContactSheet, drawOverlay, exportOverlays } from "../../../pipeline/segments.ts";
import { REGION_COLOURS } from "../../../pipeline/face/region_colours.ts";
import { rgbOf } from "../../../pipeline/image/drawing/colours.ts";
import { frontalFace, regionDiagram } from "../../fixtures/region_diagram.ts";
import { faceRecord } from "../../fixtures/golden_segments.ts";

const GRAY = { width: 178, height: 218, data: new Uint8Array(178 * 218 * 3).fill(128) };

/** How many pixels of a picture have exactly a colour. */
function countPixels({ data }: { data: Uint8Array }, [r, g, b]: readonly number[]): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] === r && data[at + 1] === g && data[at + 2] === b) count++;
  }
  return count;
}

Deno.test("drawOverlay() shows every region in its colour, and all 14 colours differ", () => {
  const picture = drawOverlay({ image: GRAY, points: frontalFace(), title: "000001.jpg" });
  assert.equal(new Set(Object.values(REGION_COLOURS)).size, REGIONS.length);
  for (const region of REGIONS) {
    // The swatch in the legend has 14·14 pixels; the rest is the region's border.
    assert(countPixels(picture, rgbOf(REGION_COLOURS[region])) > 14 * 14, region);
  }
});

Deno.test("drawOverlay() tints exactly the pixels of the region", () => {
  const points = frontalFace();
  const picture = drawOverlay({ image: GRAY, points, title: "" });
  const scale = 4;
  const at = (x: number, y: number) => {
    const start = ((16 + y * scale + 2) * picture.width + 16 + x * scale + 2) * 3;
    return [...picture.data.subarray(start, start + 3)];
  };
  assert.deepEqual(at(89, 10), [128, 128, 128], "above the head");
  assert.notDeepEqual(at(89, 50), [128, 128, 128], "in the hair");
});

Deno.test("drawContactSheet() shows any number of faces, also none", () => {
  const face = {
    image: GRAY,
    points: frontalFace(),
    title: "a face with a very long title indeed",
  };
  const one = drawContactSheet([face]);
  const seven = drawContactSheet(Array(7).fill(face), 3);
  assert(seven.height > 2 * one.height / 2 && seven.width > one.width);
  assert(drawContactSheet([]).width > 0);
});

Deno.test("exportOverlays() writes a picture a face and a sheet, and skips rejected faces", async () => {
  const out = await Deno.makeTempDir();
  const path = join(out, "in.png");
  await Deno.writeFile(path, await encodePng(GRAY));
  const face = { ...faceRecord("a.jpg", frontalFace()), path };
  const done = await exportOverlays({ out })(ReadableStream.from([
    face,
    { ...face, image: "b.jpg", rejected: "no face" },
    { ...face, image: "c.jpg", points: null },
  ]));
  assert.equal(done, 1);
  const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["a_overlay.png", "contact_sheet.png", "in.png"]);
  assert((await readImage(join(out, "a_overlay.png"))).width > 178 * 4);
  await Deno.remove(out, { recursive: true });
});

Deno.test("data/regions.svg is what the tables draw (UPDATE_REGIONS_SVG=1 writes it anew)", async () => {
  const path = join(import.meta.dirname ?? ".", "..", "..", "..", "data", "regions.svg");
  const diagram = regionDiagram();
  if (Deno.env.get("UPDATE_REGIONS_SVG") === "1") await Deno.writeTextFile(path, diagram);
  assert.equal(await Deno.readTextFile(path), diagram);
  for (const region of REGIONS) assert(diagram.includes(`>${region}</tspan>`), region);
});
