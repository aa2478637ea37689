/** Labels, splits, boxes and landmarks in every form that is read, small, to be damaged. */

import { headOf } from "../../../pipeline/landmarks/files/journal_reader.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { toJson } from "../../../pipeline/face/record_json.ts";
import {
  csvLabels,
  imageName,
  officialLabels,
  partitionText,
  testBits,
} from "../../fixtures/dataset_folder.ts";
import { pointsFrom, recordOf } from "../../fixtures/face_records.ts";
import {
  partsOf,
  smallPredictor,
  writeShapePredictor,
} from "../../fixtures/shape_predictor_writer.ts";

/** Rows of each table. */
const ROWS = 5;
const NUMBERS = Array.from({ length: ROWS }, (_, row) => row + 1);
const POINTS = Array.from({ length: 68 }, (_, i) => i);

/** CelebA's own form, its csv mirrors, and AttParseNet's csv. */
export const LABELS = [
  officialLabels(ROWS),
  csvLabels(ROWS),
  csvLabels(ROWS, { heading: "image_name", negative: "0", newline: "\r\n" }),
];

/** With blanks, and as csv with column names. */
export const PARTITIONS = [
  partitionText([0, 0, 1, 2, 0]),
  "image_id,partition\n" + partitionText([0, 2, 1, 2, 0], ","),
];

const BOX_ROWS = NUMBERS.map((n) => [imageName(n), 10 * n, 7, 226, 313]);

/** CelebA's own form and its csv mirrors. */
export const BOXES = [
  `${ROWS}\nimage_id x_1 y_1 width height\n${BOX_ROWS.map((row) => row.join("  ")).join("\n")}\n`,
  `image_id,x_1,y_1,width,height\n${BOX_ROWS.map((row) => row.join(",")).join("\n")}\n`,
];

const COLUMNS = [...POINTS.map((i) => `x_${i}`), ...POINTS.map((i) => `y_${i}`)];
const coordinates = (n: number) => POINTS.map((i) => (n + i + 0.25).toFixed(2));

/** This program's own file. */
export const LANDMARKS = [
  table(["image_name", ...COLUMNS], NUMBERS.map((n) => [imageName(n), ...both(n)])),
];

/** OpenFace's file of one image with two faces. */
export const OPEN_FACE = [
  table(
    ["face", "confidence", ...COLUMNS],
    [1, 2].map((n) => [String(n), "0.975", ...both(n)]),
  ).replaceAll(",", ", "),
];

function both(n: number): string[] {
  return [...coordinates(n), ...coordinates(n + 3)];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map((row) => row.join(",")).join("\n") + "\n";
}

/** Records, with and without what a later stage adds. */
export const RECORDS = [
  NUMBERS.map((n) => {
    const found = n % 2 === 0 ? {} : {
      ...{ size: [178, 218] as const, points: pointsFrom(n) },
      box: { x: n, y: 2.5, width: 30, height: 40 },
    };
    const record = recordOf(imageName(n), { split: "train", labels: testBits(n), ...found });
    return toJson(record) + "\n";
  }).join(""),
];

/** What unfinished work says of itself; its journals begin with it. */
export const SETTINGS = { images: "/photos", detector: "auto" };

/** Unfinished work of some images, the last with two faces. */
export const JOURNALS = [
  headOf(SETTINGS) + [...NUMBERS.map(imageName), `${imageName(ROWS)}#2`].map((image, n) => {
    const known = { size: [178, 218] as const, box: { x: n, y: 2, width: 30, height: 40 } };
    const rejected = recordOf(image, { rejected: "no face found" });
    return toJson(n === 1 ? rejected : recordOf(image, { ...known, points: pointsFrom(n) })) + "\n";
  }).join(""),
];

const LINES = POINTS.map((i) => `${i + 0.5} ${2 * i + 0.25}`).join("\n");

/** With braces, and the points alone. */
export const PTS = [`version: 1\nn_points:  68\n{\n${LINES}\n}\n`, `${LINES}\n`];

const PARTS = POINTS.map((i) => {
  const name = String(i).padStart(2, "0");
  return `<part name='${name}' x='${i + 10}' y='${i + 20}'/>`;
}).join("\n      ");
const BOX = "<box top='78' left='74' width='138' height='140'>";

/** imglab's file of two images; the second has a box without parts, too. */
export const XML = [
  `<?xml version='1.0' encoding='utf-8'?>\n<?xml-stylesheet type='text/xsl' href='x.xsl'?>\n` +
  `<dataset>\n<name>Faces &amp; parts</name>\n<images>\n  <image file='helen/1.jpg'>\n    ${BOX}\n` +
  `      ${PARTS}\n    </box>\n  </image>\n  <image file="2.jpg">\n    ${BOX}</box>\n    ${BOX}\n` +
  `      ${PARTS}\n    </box>\n  </image>\n</images>\n</dataset>\n`,
];

/** dlib's predictor, tiny; and one of 5 points, which is of no use here. */
export function predictors(): Uint8Array<ArrayBuffer>[] {
  return [136, 10].map((length) => {
    const random = new Random(`predictor ${length}`);
    const shape = Float32Array.from({ length }, () => random.next());
    return writeShapePredictor(partsOf(smallPredictor(random, shape)));
  });
}

/** Names of a data set's images as a table holds them. */
export const IMAGES = NUMBERS.map(imageName);
