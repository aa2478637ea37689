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
        throw new SyntaxError(`${this.path}: rows from ${rowStart + 1} on are missing.`);
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
    slice(start, end = size) {
      const bytes = readPart(path, start, Math.min(end, size));
      // hyparquet waits for several at a time, and none but the first that fails is asked for.
      bytes.catch(() => {});
      return bytes;
    },
  };
}

/** The bytes from `start` up to `end`; fewer where the file ends before. */
async function readPart(path: string, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  using file = await Deno.open(path);
  await file.seek(Math.max(0, start), Deno.SeekMode.Start);
  let at = 0;
  for (let count: number | null = 0; at < bytes.length && count !== null; at += count ?? 0) {
    count = await file.read(bytes.subarray(at));
  }
  return at === bytes.length ? bytes.buffer : bytes.slice(0, at).buffer;
}

async function parsed<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isSystem = cause instanceof Error && cause.name in Deno.errors;
    if (isSystem) throw cause;
    // What hyparquet says else is of its own working.
    const [codec] = /codec: [A-Z][A-Z0-9_]*/.exec((cause as Error).message) ?? [];
    const reason = codec ? `its pages are of the unknown ${codec}` : "it is damaged, or none";
    throw new SyntaxError(`${path}: the parquet file cannot be read: ${reason}.`, { cause });
  }
}
