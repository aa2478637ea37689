/**
 * The diagram of the 68 landmarks and the 14 regions, drawn from the tables in `regions.ts`.
 *
 * @module
 */

import {
  ATTRIBUTE_REGIONS,
  type Corner,
  type Region,
  REGION_SHAPES,
  REGIONS,
} from "../face/regions.ts";
import { REGION_COLOURS } from "../face/region_colours.ts";
import { MAX_CORNERS, polygonsOf } from "../face/region_polygons.ts";

/** The left half of a face that looks straight ahead, in CelebA's frame of 178 x 218. */
const LEFT_HALF: Readonly<Record<number, readonly [x: number, y: number]>> = {
  ...{ 0: [42, 106], 1: [43, 120], 2: [45, 134], 3: [49, 147], 4: [55, 159], 5: [62, 169] },
  ...{ 6: [70, 177], 7: [79, 183], 17: [50, 91], 18: [56, 85], 19: [64, 82], 20: [73, 84] },
  ...{ 21: [80, 88], 31: [79, 133], 32: [84, 136], 36: [57, 104], 37: [62, 100], 38: [69, 100] },
  ...{ 39: [75, 105], 40: [69, 108], 41: [62, 108], 48: [69, 156], 49: [76, 151], 50: [84, 148] },
  ...{ 58: [84, 165], 59: [76, 162], 60: [73, 156], 61: [84, 154], 67: [84, 157] },
};

/** The points on the middle line. */
const MIDDLE: Readonly<Record<number, number>> = {
  ...{ 8: 185, 27: 101, 28: 110, 29: 119, 30: 128, 33: 138, 51: 149, 57: 166, 62: 154, 66: 158 },
};

/** The landmark on the other side of each of the left half. Source: iBUG 300-W numbering. */
const MIRRORED: Readonly<Record<number, number>> = {
  ...{ 0: 16, 1: 15, 2: 14, 3: 13, 4: 12, 5: 11, 6: 10, 7: 9, 17: 26, 18: 25, 19: 24, 20: 23 },
  ...{ 21: 22, 31: 35, 32: 34, 36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46, 48: 54, 49: 53 },
  ...{ 50: 52, 58: 56, 59: 55, 60: 64, 61: 63, 67: 65 },
};

const AXIS = 89;

/** 68 landmarks of a face that looks straight ahead, in CelebA's frame of 178 x 218. */
export function frontalFace(): Float32Array {
  const points = new Float32Array(136);
  for (const [point, y] of Object.entries(MIDDLE)) points.set([AXIS, y], 2 * Number(point));
  for (const [point, [x, y]] of Object.entries(LEFT_HALF)) {
    points.set([x, y], 2 * Number(point));
    points.set([2 * AXIS - x, y], 2 * (MIRRORED[Number(point)] as number));
  }
  return points;
}

/** Pixels of the diagram for one of the frame. */
const SCALE = 4.3;
/** The frame's corner in the diagram. */
const CORNER = [-75, -28] as const;
/** Left edge of the table, its first line, and the characters that fit one. */
const TABLE = [640, 40] as const;
const LINE_LENGTH = 84;

/** The diagram as an SVG file: the committed `data/regions.svg`. */
export function regionDiagram(): string {
  const points = frontalFace();
  const rows: string[] = [];
  let y: number = TABLE[1];
  for (const region of REGIONS) {
    const lines = tableLines(region);
    rows.push(tableRow(region, lines, y));
    y += 37 + 16 * lines.length;
  }
  const [width, height] = [1280, y + 24];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `font-family="system-ui, sans-serif">`,
    `<title>The 68 landmarks and the 14 regions</title>`,
    `<rect width="${width}" height="${height}" rx="12" fill="#fbfaf7"/>`,
    ...REGIONS.map((region) => outline(region, points)),
    ...Array.from({ length: 68 }, (_, point) => mark(point, points)),
    ...rows,
    `<text x="${TABLE[0]}" y="${y + 4}" font-size="12" fill="#5b606b">All regions: ${
      WHOLE_FACE.join(", ")
    }</text>`,
    `</svg>`,
    "",
  ].join("\n");
}

/** Attributes that occupy every region: not repeated for each. */
const WHOLE_FACE = attributesWith((regions) => regions.length === REGIONS.length);

function attributesWith(wanted: (regions: readonly Region[]) => boolean): string[] {
  return Object.entries(ATTRIBUTE_REGIONS).flatMap(([name, regions]) =>
    wanted(regions) ? [name] : []
  );
}

/** Where a point of the frame lies in the diagram. */
function place(x: number, y: number): [x: number, y: number] {
  const round = (value: number) => Math.round(value * 10) / 10;
  return [round(x * SCALE + CORNER[0]), round(y * SCALE + CORNER[1])];
}

function outline(region: Region, points: Float32Array): string {
  const { polygons, counts } = polygonsOf(points);
  const slot = REGIONS.indexOf(region);
  const corners = Array.from({ length: counts[slot] as number }, (_, i) => {
    const at = (slot * MAX_CORNERS + i) * 2;
    return place(polygons[at] as number, polygons[at + 1] as number).join(" ");
  });
  const colour = REGION_COLOURS[region];
  return `<path d="M${corners.join("L")}Z" fill="${colour}" fill-opacity=".45" ` +
    `stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

function mark(point: number, points: Float32Array): string {
  const [x, y] = place(points[2 * point] as number, points[2 * point + 1] as number);
  return `<circle cx="${x}" cy="${y}" r="2.6" fill="#1b1e24"/>` +
    `<text x="${x + 4}" y="${y - 4}" font-size="10.5" fill="#1b1e24">${point}</text>`;
}

/** A region's name and corners, and its lines below. */
function tableRow(region: Region, lines: readonly string[], y: number): string {
  const text = (dy: number, size: number, fill: string, content: string) =>
    `<text x="${TABLE[0] + 32}" y="${y + dy}" font-size="${size}" fill="${fill}">${content}</text>`;
  const corners = cornersText(REGION_SHAPES[region].corners);
  return [
    `<rect x="${TABLE[0]}" y="${y}" width="20" height="20" rx="4" fill="${
      REGION_COLOURS[region]
    }"/>`,
    text(15, 15, "#1b1e24", `<tspan font-weight="600">${region}</tspan> ${corners}`),
    ...lines.map((line, i) => text(33 + 16 * i, 12, "#5b606b", line)),
  ].join("\n");
}

/** The attributes that lie in a region, and when the region is there. */
function tableLines(region: Region): string[] {
  const names = attributesWith((regions) =>
    regions.length < REGIONS.length && regions.includes(region)
  );
  const lines: string[] = [];
  for (const name of names) {
    const longer = `${lines.at(-1)} ${name}`;
    const text = name === names.at(-1) ? name : `${name},`;
    if (lines.length > 0 && longer.length < LINE_LENGTH) lines.push(`${lines.pop()} ${text}`);
    else lines.push(text);
  }
  const { onlyIfRightOf, insideOnly } = REGION_SHAPES[region];
  const when = [
    ...(onlyIfRightOf ? [`only if x${onlyIfRightOf[0]} − x${onlyIfRightOf[1]} &gt; 5`] : []),
    ...(insideOnly ? ["absent if any coordinate is negative"] : []),
  ];
  return when.length > 0 ? [...lines, when.join("; ")] : lines;
}

/** Corners as text, runs shortened: `p5…p11, p54…p59, p48`. */
function cornersText(corners: readonly Corner[]): string {
  const runs: Corner[][] = [];
  for (const corner of corners) {
    const last = runs.at(-1);
    if (last && continues(last, corner)) last.push(corner);
    else runs.push([corner]);
  }
  return runs.map((run) => {
    const [first, last] = [run[0] as Corner, run.at(-1) as Corner];
    const text = [first, ...(run.length > 1 ? [last] : [])].map((corner) => `p${pointOf(corner)}`);
    return text.join(run.length > 2 ? "…" : ", ") + suffix(first);
  }).join(", ");
}

function continues(run: readonly Corner[], next: Corner): boolean {
  const [before, last] = [run.at(-2), run.at(-1) as Corner];
  const step = pointOf(next) - pointOf(last);
  const same = before === undefined || step === pointOf(last) - pointOf(before);
  return suffix(last) === suffix(next) && Math.abs(step) === 1 && same;
}

function pointOf(corner: Corner): number {
  return typeof corner === "number" ? corner : corner.point;
}

function suffix(corner: Corner): string {
  if (typeof corner === "number") return "";
  if ("awayFrom" in corner) return ` away from p${corner.awayFrom}`;
  return corner.shift === "crown" ? " raised to the crown" : " lowered by y58 − y33";
}
