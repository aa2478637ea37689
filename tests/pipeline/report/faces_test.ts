import assert from "node:assert/strict";
import { type Attribute, ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import { contourOf } from "../../../pipeline/image/drawing/contour.ts";
import { REGIONS } from "../../../pipeline/face/regions.ts";
import { renderFaces } from "../../../pipeline/report/faces.ts";
import { PictureSource } from "../../../pipeline/report/faces/picture_source.ts";
import { decodeSample, encodeSample, type SampleFace } from "../../../pipeline/evaluate/samples.ts";
import { blockMap } from "../../fixtures/heat_maps.ts";

const A = ATTRIBUTES.length;
const MASK = { height: 8, width: 6 };

/** A face whose true masks are one row, and whose maps are a block of four cells of a value each. */
function faceOf(
  given: Partial<Record<Attribute, [probability: number, peak: number]>>,
): SampleFace {
  const said = ATTRIBUTES.map((name): [number, number] => given[name] ?? [0.01, 0]);
  const maps = new Float32Array(48 * A);
  for (const [a, [, peak]] of said.entries()) {
    const { data } = blockMap([6, 8], [2, 3, 4, 5], [0, peak]);
    for (const [cell, value] of data.entries()) maps[cell * A + a] = value;
  }
  const row = (1 << REGIONS.length) - 1;
  return decodeSample(encodeSample({
    image: "a.jpg",
    path: "gone/a.jpg",
    size: [60, 80],
    labels: labelsOf(ATTRIBUTES.filter((name) => name in given)),
    probabilities: said.map(([probability]) => probability),
    mask: MASK,
    maps,
    bits: Uint32Array.from({ length: 48 }, (_, cell) => cell < 6 ? row : 0),
  }));
}

/** The figures of a face's pairs, and the page that they are of. */
async function render(face: SampleFace): Promise<{ page: string; pairs: string[] }> {
  const page =
    (await renderFaces([face], await PictureSource.open({ path: "gone", data: {} }))).text;
  return { page, pairs: page.split('<figure class="pair">').slice(1) };
}

Deno.test("renderFaces() shows what is predicted first, with its probability", async () => {
  const { pairs } = await render(faceOf({
    Bald: [0.2, 1],
    Big_Nose: [0.97, 1],
    Smiling: [0.51, 1],
    Bushy_Eyebrows: [0.5, 1],
  }));
  assert.deepEqual(
    pairs.map((pair) => [
      /<b>([^<]*)/.exec(pair)?.[1],
      /class="said (yes|no)">([^<]*)/.exec(pair)?.slice(1).join(" "),
    ]),
    [
      ["Big Nose", "yes 0.97 predicted"],
      ["Smiling", "yes 0.51 predicted"],
      ["Bushy Eyebrows", "no 0.50 not predicted"],
      ["Bald", "no 0.20 not predicted"],
    ],
  );
});

Deno.test("renderFaces() draws the line at one half, and says where there is none", async () => {
  const { pairs: [full = "", empty = ""] } = await render(
    faceOf({ Big_Nose: [0.97, 1], Smiling: [0.9, 0.12] }),
  );
  assert.ok(!full.includes("nothing above"));
  const [, line = ""] = /class="line" d="(M[^"]*l[^"]*)"/.exec(full) ?? [];
  const wanted = contourOf(blockMap([6, 8], [2, 3, 4, 5], [0, 1]));
  assert.equal(line.match(/M/g)?.length, wanted.length);
  for (const [, x, y] of line.matchAll(/M(\S+) (\S+?)l/g)) {
    assert.ok(Number(x) >= 2 && Number(x) <= 4 && Number(y) >= 3 && Number(y) <= 5, `${x} ${y}`);
  }
  assert.match(empty, /<span class="empty">nothing above 0\.5; at most 0\.12<\/span>/);
  assert.ok(!empty.includes('class="half'));
});

Deno.test("renderFaces() has a legend with numbers, the line, and the truth", async () => {
  const { page } = await render(faceOf({ Smiling: [0.9, 1] }));
  const [, legend = ""] = /<p class="legend">([^]*?)<\/p>/.exec(page) ?? [];
  assert.match(legend, /<span>0<\/span><span>0\.5<\/span><span>1<\/span>/);
  for (const kind of ["half", "truth", "outline"]) assert.ok(legend.includes(`key ${kind}`), kind);
});
