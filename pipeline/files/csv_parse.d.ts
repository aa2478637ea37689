/**
 * What `pipeline/files/csv.ts` uses of csv-parse. Its own declarations are for Node: they ask for Node's
 * types, and their stream has no type of rows.
 */

/** A problem of the file, as opposed to one of reading it. */
export interface CsvError extends Error {
  readonly code: string;
  /** Number of the line where it was found. */
  readonly lines: number;
}

/** A row, with the option `info`. */
export interface ParsedRow {
  readonly record: string[];
  /** `lines`: number of the line on which the row ends. */
  readonly info: { readonly lines: number };
}

/** A stream from bytes to rows. */
export function parse(options: {
  readonly bom: boolean;
  readonly info: true;
  readonly max_record_size: number;
  readonly record_delimiter: readonly string[];
  readonly relax_column_count: boolean;
  readonly skip_empty_lines: boolean;
}): TransformStream<Uint8Array, ParsedRow>;
