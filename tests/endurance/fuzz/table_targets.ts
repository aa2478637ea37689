/** The formats of labels, splits, boxes and landmarks. */

import assert from "node:assert/strict";
import { readLabels } from "../../../pipeline/dataset.ts";
import { boxesIn } from "../../../pipeline/dataset/boxes.ts";
import { imageNameFault } from "../../../pipeline/image/image_name.ts";
import { NameTable } from "../../../pipeline/files/tables/name_table.ts";
import { readPartition } from "../../../pipeline/dataset/partition.ts";
import { readImports, readLandmarks, readPredictor } from "../../../pipeline/landmarks.ts";
import { openJournal } from "../../../pipeline/landmarks/files/landmark_journal.ts";
import { readRecords } from "../../../pipeline/face/record_json.ts";
import { streamOf } from "../../fixtures/face_records.ts";
import { BYTE_MUTATIONS } from "./mutations.ts";
import { JSON_MUTATIONS, XML_MUTATIONS } from "./nested_mutations.ts";
import * as tables from "./tables.ts";
import { bytesOf, type Target } from "./target.ts";
import { TEXT_MUTATIONS } from "./text_mutations.ts";

const TEXT = { ...BYTE_MUTATIONS, ...TEXT_MUTATIONS };
const JSON_LINES = { ...TEXT, ...JSON_MUTATIONS };

/** A text format of these files. */
function text(file: string, seeds: readonly string[], read: Target["read"]): Target {
  return { seeds: () => bytesOf(seeds), file, mutations: TEXT, read };
}

/** By their names. */
export const TABLE_TARGETS: Readonly<Record<string, Target>> = {
  labels: text("case.txt", tables.LABELS, async (path) => {
    const { names, labels } = await readLabels(path);
    assert.equal(labels.length, names.size, "labels and names");
    for (let row = 0; row < names.size; row++) {
      assert.equal(imageNameFault(names.name(row)), null, names.name(row));
    }
    assert.ok(labels.every((bits) => Number.isSafeInteger(bits) && bits >= 0 && bits < 2 ** 40));
  }),
  partition: text("case.txt", tables.PARTITIONS, async (path) => {
    const { splits } = await readPartition(path, imageNames());
    // 255 for a face that the file does not name.
    assert.ok(splits.every((split) => split <= 2 || split === 255), `splits ${splits}`);
  }),
  boxes: text("case.txt", tables.BOXES, async (path) => {
    const boxOf = await boxesIn(path);
    for (const image of tables.IMAGES) assertFinite(Object.values(boxOf(image) ?? {}), "a box");
  }),
  landmarks: text("case.csv", tables.LANDMARKS, async (path) => {
    for await (const { image, points } of readLandmarks(path)) {
      assert.equal(imageNameFault(image), null, image);
      assertPoints(points);
    }
  }),
  openface: text("case.csv", tables.OPEN_FACE, readAllImports),
  pts: text("case.pts", tables.PTS, readAllImports),
  xml: {
    ...text("case.xml", tables.XML, readAllImports),
    mutations: { ...TEXT, ...XML_MUTATIONS },
  },
  dat: {
    ...{ seeds: tables.predictors, file: "case.dat", mutations: BYTE_MUTATIONS },
    async read(path) {
      const { initial, leaves, thresholds, deltas, pairs, features } = await readPredictor(path);
      assertPoints(initial);
      for (const numbers of [leaves, thresholds, deltas]) assertFinite(numbers, "a predictor");
      assert.ok(pairs.every((pair) => (pair & 0xffff) < features && pair >>> 16 < features));
    },
  },
  records: {
    ...text("case.ndjson", tables.RECORDS, async (path) => {
      using file = await Deno.open(path);
      for await (const { image, points, box, size } of readRecords(file.readable, path)) {
        assert.equal(imageNameFault(image), null, image);
        if (points) assertPoints(points);
        assertFinite([...Object.values(box ?? {}), ...size ?? []], "a record");
      }
    }),
    mutations: JSON_LINES,
  },
  journal: {
    ...text("case.unfinished.ndjson", tables.JOURNALS, readJournal),
    mutations: JSON_LINES,
  },
};

/** Work goes on whatever is left of the work before; damage is told in a sentence. */
async function readJournal(path: string): Promise<void> {
  const out = path.replace(".unfinished.ndjson", ".csv");
  for (const allFaces of [false, true]) {
    await using journal = await openJournal(out, tables.SETTINGS, { allFaces });
    if (journal.notice !== null) throw new SyntaxError(journal.notice);
    const records = tables.IMAGES.map((image) => ({ ...NOTHING, image, path: image }));
    for await (const { image, points } of journal.resume(streamOf(records))) {
      assert.equal(imageNameFault(image), null, image);
      if (points) assertPoints(points);
    }
  }
}

const NOTHING = {
  ...{ split: null, labels: null, size: null, box: null, points: null, rejected: null },
};

async function readAllImports(path: string): Promise<void> {
  for await (const { image, points, box, confidence } of readImports(path)) {
    assert.notEqual(image, "");
    assertPoints(points);
    assertFinite([...Object.values(box ?? {}), confidence ?? 0], "a face");
  }
}

function imageNames(): NameTable {
  const names = new NameTable();
  for (const bytes of bytesOf(tables.IMAGES)) names.add(bytes, 0, bytes.length);
  return names;
}

function assertPoints(points: Float32Array): void {
  assert.equal(points.length, 136, "coordinates");
  assertFinite(points, "points");
}

function assertFinite(numbers: ArrayLike<number>, what: string): void {
  assert.ok(Array.from(numbers).every(Number.isFinite), `${what} with a number that is not finite`);
}
