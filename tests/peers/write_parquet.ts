/**
 * Writes parquet files by npm's hyparquet-writer.
 *
 * Reads a list of {@linkcode ParquetText} as JSON. It is started with --no-config and --no-lock, and left out of
 * what Deno checks, for the program reads such files and writes none.
 */

import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import type { ParquetText } from "../contexts/parquet_context.ts";

const ELEMENTS = {
  bool: { type: "BOOLEAN" },
  bytes: { type: "BYTE_ARRAY" },
  double: { type: "DOUBLE" },
  int64: { type: "INT64" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
};

const files: ParquetText[] = await new Response(Deno.stdin.readable).json();
for (const { path, columns, rowGroupSize, codec } of files) {
  const schema = columns.flatMap(({ name, type }) => {
    if (type !== "image") return [{ name, ...ELEMENTS[type], repetition_type: "OPTIONAL" }];
    return [
      { name, num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", ...ELEMENTS.bytes, repetition_type: "OPTIONAL" },
      { name: "path", ...ELEMENTS.text, repetition_type: "OPTIONAL" },
    ];
  });
  const columnData = columns.map(({ name, type, data }) => ({
    name,
    data: data.map((value) => {
      if (value === null) return value;
      if (type === "int64") return BigInt(value as number);
      if (type !== "image") return value;
      const { bytes, path } = value as { bytes: string | null; path: string | null };
      return { bytes: bytes === null ? null : Uint8Array.fromBase64(bytes), path };
    }),
  }));
  const buffer = parquetWriteBuffer({
    columnData,
    schema: [{ name: "schema", num_children: columns.length }, ...schema],
    rowGroupSize,
    codec,
  });
  await Deno.writeFile(path, new Uint8Array(buffer));
}
