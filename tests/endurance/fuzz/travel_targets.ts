/** The formats of what travels: a network's card, and the weights and data sets that `import` takes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { concat } from "@std/bytes";
import { exportModel } from "../../../pipeline/export.ts";
import { parseMetrics } from "../../../pipeline/metrics/metrics_file.ts";
import { importModel } from "../../../pipeline/import.ts";
import { ParquetFile } from "../../../pipeline/import/parquet/parquet_file.ts";
import { writeCard } from "../../../pipeline/train/card/card_files.ts";
import { BYTE_MUTATIONS, type Mutations } from "./mutations.ts";
import { JSON_MUTATIONS } from "./nested_mutations.ts";
import { writeRun } from "./run_files.ts";
import { TENSORS } from "./run_targets.ts";
import type { Target } from "./target.ts";
import { TEXT_MUTATIONS } from "./text_mutations.ts";

/** A run with its card, in a room. */
async function writeCarded(room: string): Promise<void> {
  await writeRun(room);
  const path = join(room, "metrics.json");
  await writeCard(room, parseMetrics(await Deno.readTextFile(path), path));
}

/** Weights as `export` writes them. */
function exported(format: "onnx" | "safetensors", file: string): Target {
  return {
    async seeds(room) {
      await writeCarded(room);
      await exportModel({ run: room, format, out: room });
      return [await Deno.readFile(join(room, file))];
    },
    file,
    mutations: format === "onnx" ? BYTE_MUTATIONS : TENSORS,
    async read(from, room) {
      const { preset } = await importModel({ from, out: join(room, "run"), force: true });
      assert.ok(preset.length > 0);
    },
  };
}

/** Five rows in two groups, as `tests/peers/write_parquet.ts` writes images, labels of both codings and a null. */
const PARQUET =
  "UEFSMRUGFZYBFTZcFQYVABUGFQAVBhUAAAADKgBIEBQAAAABSgEAARgAAkoBAAEYAANKAQAVBhUqFS5cFQYVAhUGFQ" +
  "AVBhUAAAADGgASRAUAAAAxLmpwZwUAAAAyLmpwZxUGFQYVClwVBhUAFQYVABUEFQAAAAMHAQAFFQYVNBUqXBUGFQAV" +
  "BhUAFQQVAAAAAwcYBAEACQEA/w0BHAEAAAAAAAAAFQYVZhUoXBUEFQAVBBUAFQYVAAAAAwoAMBAUAAAABEoBAAEYAA" +
  "VKAQAVBhUqFS5cFQQVABUEFQAVBhUAAAADCgASRAUAAAA0LmpwZwUAAAA1LmpwZxUGFQYVClwVBBUAFQQVABUEFQAA" +
  "AAMDAQABFQYVJBUoXBUEFQAVBBUAFQQVAAAAAwMQPAEAAAAAAAAA//////////8VBBlsSAZzY2hlbWEVBgA1AhgFaW" +
  "1hZ2UVBAAVDCUCGAVieXRlcwAVDCUCGARwYXRoJQAAFQAlAhgETWFsZQAVBCUCGARCYWxkABYKGSwZTCYIHBUMGRUA" +
  "GSgFaW1hZ2UFYnl0ZXMVAhYGFsIBFmImCDw2ACgQAwMDAwMDAwMDAwMDAwMDBBgQAQEBAQEBAQEBAQEBAQEBARISAB" +
  "kcFQYVABUCAAAAJmocFQwZFQAZKAVpbWFnZQRwYXRoFQIWBhZUFlgmajw2AigFMi5qcGcYBTEuanBnABkcFQYVABUC" +
  "AAAAJsIBHBUAGRUAGRgETWFsZRUCFgYWMBY0JsIBPDYAKAEBGAEAABkcFQYVABUCAAAAJvYBHBUEGRUAGRgEQmFsZB" +
  "UCFgYWXhZUJvYBPDYAKAgBAAAAAAAAABgI//////////8AGRwVBhUAFQIAAAAWpAMWBjbCAgAZTCbKAhwVDBkVABko" +
  "BWltYWdlBWJ5dGVzFQIWBBaQARZSJsoCPDYAKBAFBQUFBQUFBQUFBQUFBQUGGBAEBAQEBAQEBAQEBAQEBAQEEhIAGR" +
  "wVBhUAFQIAAAAmnAMcFQwZFQAZKAVpbWFnZQRwYXRoFQIWBBZUFlgmnAM8NgAoBTUuanBnGAU0LmpwZwAZHBUGFQAV" +
  "AgAAACb0AxwVABkVABkYBE1hbGUVAhYEFjAWNCb0Azw2ACgBARgBAAAZHBUGFQAVAgAAACaoBBwVBBkVABkYBEJhbG" +
  "QVAhYEFk4WUiaoBDw2ACgIAQAAAAAAAAAYCP//////////ABkcFQYVABUCAAAAFuICFgQ2sAIAKAloeXBhcnF1ZXQZ" +
  "TBwAABwAABwAABwAAACCAgAAUEFSMQ==";

/**
 * Changes of what stands behind the pages. In these, a forged run length keeps hyparquet at work for a minute,
 * which nothing before it can see.
 */
const FOOTER_MUTATIONS: Mutations = Object.fromEntries(
  Object.entries(BYTE_MUTATIONS).map(([name, mutation]) => [name, (bytes, random) => {
    const length = bytes.length < 8
      ? 0
      : new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
    const from = Math.max(0, bytes.length - 8 - length);
    return concat([bytes.subarray(0, from), mutation(bytes.slice(from), random)]);
  }]),
);

/** By their names. */
export const TRAVEL_TARGETS: Readonly<Record<string, Target>> = {
  card: {
    async seeds(room) {
      await writeCarded(room);
      return [await Deno.readFile(join(room, "model", "card.json"))];
    },
    file: "model/card.json",
    mutations: { ...BYTE_MUTATIONS, ...TEXT_MUTATIONS, ...JSON_MUTATIONS },
    async read(_, room) {
      const out = join(room, "out");
      await exportModel({ run: room, format: "onnx", out });
      const page = await Deno.readTextFile(join(out, "README.md"));
      const nonsense = /.{0,40}(?:NaN|undefined|\[object \w+\]).{0,20}/.exec(page)?.[0];
      assert.ok(nonsense === undefined, `the page says ${nonsense}`);
    },
  },
  torch: exported("safetensors", "weights.safetensors"),
  onnx: exported("onnx", "model.onnx"),
  parquet: {
    seeds: () => [Uint8Array.fromBase64(PARQUET)],
    file: "train.parquet",
    mutations: FOOTER_MUTATIONS,
    async read(path) {
      const file = await ParquetFile.open(path);
      let rows = 0;
      for await (const group of file.groups(file.columns.map(({ name }) => name))) {
        rows += group.length;
      }
      assert.equal(rows, file.rows);
    },
  },
};
