/**
 * Comma-separated files as streams of rows (RFC 4180: quotes, doubled quotes, line breaks in quotes).
 */

// @ts-types="./csv_parse.d.ts"
import { type CsvError, parse, type ParsedRow } from "csv-parse/stream";

export interface CsvRow {
  /** Number of the line on which the row ends, the first line being 1. */
  readonly line: number;
  /** The row's cells, quotes removed, at least one. Rows may differ in length. */
  readonly fields: string[];
}

interface CsvOptions {
  /** Stops the reading; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Longest row in bytes, which bounds the memory; 136 coordinates take 2 KB. */
const LONGEST_ROW = 1 << 20;

/**
 * Reads the rows of a csv file one after the other, header included. Blank lines are left out, a byte
 * order mark is dropped, and lines may end in LF, CRLF or CR, also mixed.
 *
 * @throws {SyntaxError} With `path:line`, if quotes do not match or a row is longer than 1 MiB.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function* readCsv(path: string, options: CsvOptions = {}): AsyncGenerator<CsvRow> {
  const file = await Deno.open(path);
  yield* parseCsv(file.readable, path, options);
}

/**
 * Like {@linkcode readCsv}, from bytes that are already a stream, such as standard input.
 *
 * @param name What error messages call the file.
 */
export async function* parseCsv(
  readable: ReadableStream<Uint8Array>,
  name: string,
  options: CsvOptions = {},
): AsyncGenerator<CsvRow> {
  const { signal } = options;
  const parser = rowParser();
  const source = readable.getReader();
  const pumping = pump(source, parser.writable.getWriter());
  try {
    for await (const { record, info } of parser.readable) {
      signal?.throwIfAborted();
      if (record.length === 1 && record[0]?.trim() === "") continue;
      yield { line: info.lines, fields: record };
    }
  } catch (error) {
    if (!isCsvError(error)) throw error;
    throw new SyntaxError(`${name}:${error.lines}: ${explain(error)}`, { cause: error });
  } finally {
    await source.cancel();
    await pumping;
  }
}

/**
 * Hands over one piece after the other, each when the one before it has been parsed. A pipe would
 * run ahead by 1,024 pieces (64 MiB), because that is how long csv-parse's input queue is.
 */
async function pump(
  source: ReadableStreamDefaultReader<Uint8Array>,
  sink: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  try {
    for (let next = await source.read(); !next.done; next = await source.read()) {
      await sink.write(next.value);
    }
    await sink.close();
  } catch (error) {
    await sink.abort(error);
  }
}

/**
 * A line of a csv file, with the line feed at its end. Cells are quoted where they need it; numbers
 * are written in full precision.
 *
 * @throws {RangeError} If a number is not finite: what stands for "nothing" is the caller's choice.
 */
export function csvRow(fields: readonly (string | number)[]): string {
  return fields.map(csvCell).join(",") + "\n";
}

function csvCell(field: string | number): string {
  if (typeof field === "number") {
    if (Number.isFinite(field)) return String(field);
    throw new RangeError(`Cannot write ${field} to a csv file: a finite number is needed.`);
  }
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function rowParser(): TransformStream<Uint8Array, ParsedRow> {
  return parse({
    bom: true,
    info: true,
    max_record_size: LONGEST_ROW,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
  });
}

function isCsvError(error: unknown): error is CsvError {
  return error instanceof Error && "code" in error && "lines" in error;
}

/** csv-parse's reasons in the words of this project. */
function explain(error: CsvError): string {
  switch (error.code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote is opened and never closed.";
    case "CSV_INVALID_CLOSING_QUOTE":
      return "after a closing quote only a comma or the end of the line can follow.";
    case "INVALID_OPENING_QUOTE":
      return "a quote stands inside a cell that does not begin with one.";
    case "CSV_MAX_RECORD_SIZE":
      return `the row is longer than ${LONGEST_ROW} bytes (is this a csv file?).`;
    default:
      return `${error.message}.`;
  }
}
