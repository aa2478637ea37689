/** Parquet files, read a row group at a time. */

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  snappyUncompress,
} from "hyparquet";
import { oneLine } from "../../files/quoted.ts";

/** A column of a table. */
export interface ParquetColumn {
  /** Its name. */
  readonly name: string;
  /** Names of the fields of a struct; none for another column. */
  readonly fields: readonly string[];
}

/** A row by the names of its columns; numbers of 64 bits are bigints, bytes a Uint8Array. */
export type ParquetRow = Readonly<Record<string, unknown>>;

/** Most bytes of a page once it is unpacked: a row group of photographs has a few hundred MB. */
const LARGEST_PAGE = 2 ** 30;

/** Most characters of a reason of hyparquet's. */
const LONGEST_REASON = 160;

/** Snappy is what the hub's own tools write. */
const COMPRESSORS: Compressors = {
  SNAPPY: (input, length) => {
    const output = new Uint8Array(checkedPage(length));
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, length) => gunzipSync(input, bounded(length)),
  BROTLI: (input, length) => brotliDecompressSync(input, bounded(length)),
  ZSTD: (input, length) => zstdDecompressSync(input, bounded(length)),
};

function bounded(length: number): { maxOutputLength: number } {
  return { maxOutputLength: Math.max(1, checkedPage(length)) };
}

function checkedPage(length: number): number {
  if (length <= LARGEST_PAGE) return length;
  throw new RangeError(`a page has ${length} bytes, and at most ${LARGEST_PAGE} are read`);
}

/** A parquet file whose footer has been read. It holds no open file. */
export class ParquetFile {
  readonly path: string;
  /** How many rows there are. */
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly #bytes: AsyncBuffer;
  readonly #metadata: FileMetaData;

  private constructor(path: string, bytes: AsyncBuffer, metadata: FileMetaData) {
    this.path = path;
    this.#bytes = bytes;
    this.#metadata = metadata;
    this.rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
    this.columns = parquetSchema(metadata).children.map(({ element, children }) => (
      { name: element.name, fields: children.map((child) => child.element.name) }
    ));
  }

  /**
   * Opens a file.
   *
   * @param bytes What it is read through; for tests.
   * @throws {SyntaxError} If it is no whole parquet file; the message names it.
   */
  static async open(path: string, bytes?: AsyncBuffer): Promise<ParquetFile> {
    const source = bytes ?? await bytesAt(path);
    return await parsed(path, async () => {
      if (source.byteLength < 12) throw new Error("it is too short");
      const metadata = await parquetMetadataAsync(source, { geoparquet: false });
      return new ParquetFile(path, source, metadata);
    });
  }

  /**
   * The rows of one row group after the other; no more than one is held.
   *
   * @throws {SyntaxError} If one cannot be read; the message names the file.
   */
  async *groups(columns: string[]): AsyncGenerator<readonly ParquetRow[]> {
    let rowStart = 0;
    for (const { num_rows } of this.#metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows);
      const range = { rowStart, rowEnd, columns, utf8: false };
      const source = { file: this.#bytes, metadata: this.#metadata, compressors: COMPRESSORS };
      const rows = await parsed(this.path, () => parquetReadObjects({ ...source, ...range }));
      if (rows.length !== rowEnd - rowStart) {
        throw damaged(this.path, `it has ${rows.length} of ${rowEnd - rowStart} rows of a group`);
      }
      yield rows;
      rowStart = rowEnd;
    }
  }
}

/** The bytes of a file, opened for each piece: there are few, and large ones. */
async function bytesAt(path: string): Promise<AsyncBuffer> {
  const { size } = await Deno.stat(path);
  return {
    byteLength: size,
    async slice(start, end = size) {
      if (start < 0 || end > size || start > end) throw new Error("a part lies beyond its end");
      const bytes = new Uint8Array(end - start);
      using file = await Deno.open(path);
      await file.seek(start, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) {
        const count = await file.read(bytes.subarray(at));
        if (count === null) throw new Error("it has become shorter");
        at += count;
      }
      return bytes.buffer;
    },
  };
}

async function parsed<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isSystem = cause instanceof Error && cause.name in Deno.errors;
    throw isSystem ? cause : damaged(path, cause instanceof Error ? cause.message : "", cause);
  }
}

function damaged(path: string, reason: string, cause?: unknown): SyntaxError {
  return new SyntaxError(
    `${path}: the parquet file cannot be read (${oneLine(reason, LONGEST_REASON)}); ` +
      "if it is damaged, download it again.",
    { cause },
  );
}
