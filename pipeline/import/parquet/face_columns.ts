/** Which columns of a parquet file hold a face's image and its labels. */

import { attributeColumn, ATTRIBUTES } from "../../face/attributes.ts";
import { quoted, quotedValue } from "../../files/quoted.ts";
import type { ParquetFile, ParquetRow } from "./parquet_file.ts";

/** Columns by their names. */
export interface FaceColumns {
  /** A struct {bytes, path}. */
  readonly image: string;
  /** For every attribute its column. */
  readonly attributes: readonly string[];
  /** What holds neither. */
  readonly ignored: readonly string[];
}

/** An image as a row holds it. */
export interface RowImage {
  /** Null where there are none. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** What the file was called, if anything says so. */
  readonly path: string | null;
}

/** Columns that a message names. */
const SHOWN = 50;

/**
 * Finds the columns.
 *
 * @throws {SyntaxError} If there is not one column of images and one for each attribute; the message names the
 * file and what it has.
 */
export function faceColumns({ path, columns }: ParquetFile): FaceColumns {
  const names = columns.map(({ name }) => name);
  const fail = (reason: string) => {
    const found = names.slice(0, SHOWN).map((name) => quoted(name)).join(", ");
    return new SyntaxError(`${path}: ${reason}; its columns are ${found || "none"}.`);
  };
  const images = columns.filter(({ fields }) => fields.includes("bytes"));
  if (images.length !== 1) {
    throw fail(`one column with the bytes of images is needed, and it has ${images.length}`);
  }
  const image = images[0]!.name;
  const attributes = new Map<number, string>();
  for (const { name, fields } of columns) {
    const attribute = fields.length > 0 ? undefined : attributeColumn(name.replaceAll(" ", "_"));
    if (attribute === undefined) continue;
    if (attributes.has(attribute)) {
      throw fail(`the attribute ${ATTRIBUTES[attribute]} has two columns`);
    }
    attributes.set(attribute, name);
  }
  const absent = ATTRIBUTES.filter((_, attribute) => !attributes.has(attribute));
  if (absent.length > 0) {
    const missing = `${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} missing`;
    throw fail(`${attributes.size} of the 40 attributes are there, ${missing}`);
  }
  const known = new Set([image, ...attributes.values()]);
  return {
    image,
    attributes: ATTRIBUTES.map((_, attribute) => attributes.get(attribute)!),
    ignored: names.filter((name) => !known.has(name)),
  };
}

/** The image of a row. */
export function imageOf(row: ParquetRow, { image }: FaceColumns): RowImage {
  const { bytes, path } = (row[image] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    bytes: bytes instanceof Uint8Array ? bytes as Uint8Array<ArrayBuffer> : null,
    path: typeof path === "string" ? path : null,
  };
}

/**
 * The 40 labels of a row, 1 or −1: from booleans, or from numbers of which 1 means that it is present, 0 and −1
 * that it is not.
 *
 * @param where The file and the row, for messages.
 * @throws {SyntaxError} If a label is something else.
 */
export function labelsIn(row: ParquetRow, { attributes }: FaceColumns, where: string): (1 | -1)[] {
  return attributes.map((column, attribute) => {
    const value = row[column];
    const label = typeof value === "bigint" || typeof value === "boolean" ? Number(value) : value;
    if (label === 1) return 1;
    if (label === 0 || label === -1) return -1;
    throw new SyntaxError(
      `${where}: true, false, 1, 0 or -1 is needed for ${ATTRIBUTES[attribute]}, found ${
        typeof value === "bigint" ? value : quotedValue(value)
      }.`,
    );
  });
}
