import assert from "node:assert/strict";
import { join } from "node:path";
import { ParquetFile } from "../../../../pipeline/import/parquet/parquet_file.ts";
import {
  hasParquetWriter,
  imageColumn,
  type ParquetText,
  writeParquet,
} from "../../../contexts/parquet_context.ts";
import { withFolder } from "../../../fixtures/dataset_folder.ts";

const [ROWS, GROUP, IMAGE] = [60, 10, 20_000];

Deno.test({
  name: "ParquetFile reads a group at a time, each of its bytes once and no other column's",
  ignore: !hasParquetWriter,
  fn: () =>
    withFolder({}, async (root) => {
      const numbers = Array.from({ length: ROWS }, (_, row) => row);
      const images = numbers.map((row) => ({ bytes: new Uint8Array(IMAGE).fill(row), path: null }));
      const columns: ParquetText["columns"] = [
        imageColumn(images),
        { name: "number", type: "int64", data: numbers },
        { name: "text", type: "text", data: numbers.map((row) => `${row}`.repeat(5000)) },
      ];
      const path = join(root, "faces.parquet");
      await writeParquet([{ path, columns, rowGroupSize: GROUP, codec: "UNCOMPRESSED" }]);
      const bytes = await Deno.readFile(path);
      let asked = 0;
      const file = await ParquetFile.open(path, {
        byteLength: bytes.length,
        slice: (start, end = bytes.length) => {
          asked += end - start;
          return bytes.slice(start, end).buffer;
        },
      });
      assert.equal(file.rows, ROWS);
      assert.deepEqual(file.columns, [
        { name: "image", fields: ["bytes", "path"] },
        { name: "number", fields: [] },
        { name: "text", fields: [] },
      ]);
      let row = 0;
      asked = 0;
      for await (const group of file.groups(["image", "number"])) {
        assert.equal(group.length, GROUP);
        for (const { number, image, text } of group) {
          assert.deepEqual([number, text], [BigInt(row), undefined]);
          assert.deepEqual((image as { bytes: Uint8Array }).bytes, images[row++]!.bytes);
        }
        const held = row * IMAGE;
        assert(asked >= held && asked < 1.05 * held, `${asked} bytes for ${row} images`);
      }
      assert.equal(row, ROWS);
    }),
});
