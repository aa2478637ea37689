/** The pictures in a folder and the folders below it, among other files. */

import { join } from "node:path";
import { filesBelow } from "../files/folder_files.ts";
import { endingOf, HEAD_BYTES, kindOfBytes, kindOfName, READ_KINDS } from "./picture_kinds.ts";
import { imageNameFault } from "./image_name.ts";

/** A file that is a picture, or a folder that may hold some. */
export interface FoundPicture {
  /** Its path below the folder, with `/` between folders. */
  readonly name: string;
  /** Why it cannot be used, or null. */
  readonly rejected: string | null;
}

/** Endings of files that lie beside pictures and hold something else, which are not opened. */
const OTHER_FILES = new Set(
  ("bits bz2 csv db doc docx gz htm html ini js json jsonl log mat md ndjson npy npz onnx parquet pdf pkl " +
    "pt pth pts py safetensors sh tar toml ts tsv txt xls xlsx xml yaml yml xz zip").split(" "),
);

/**
 * The pictures in natural order: files whose names end as those of kinds that are read, and files without an
 * ending whose first bytes are of such a kind. Every other file that looks like a picture comes with the
 * reason why it is not used, and so does a folder that cannot be read.
 *
 * @param enters Which folders are looked into, by their paths; all by default.
 */
export async function* picturesBelow(
  folder: string,
  signal?: AbortSignal,
  enters?: (name: string) => boolean,
): AsyncGenerator<FoundPicture> {
  for await (const found of foundBelow(folder, signal, enters)) {
    const picture = found.rejected === null ? await pictureOf(folder, found.name) : found;
    if (picture) yield picture;
  }
}

/** All files, whether they are pictures or not, and folders that cannot be read; parameters as above. */
export async function* foundBelow(
  folder: string,
  signal?: AbortSignal,
  enters?: (name: string) => boolean,
): AsyncGenerator<FoundPicture> {
  const faults: FoundPicture[] = [];
  const onFault = (name: string, reason: string) =>
    void faults.push({ name, rejected: `the folder cannot be read: ${reason}` });
  for await (const name of filesBelow(folder, signal, enters, onFault)) {
    yield* faults.splice(0);
    yield { name, rejected: null };
  }
  yield* faults;
}

/** What a file is if it looks like a picture, else null. */
async function pictureOf(folder: string, name: string): Promise<FoundPicture | null> {
  const named = kindOfName(name);
  if (named) return { name, rejected: named.isRead ? faultOfName(name) : unread(named.name) };
  const ending = endingOf(name);
  if (OTHER_FILES.has(ending)) return null;
  const kind = kindOfBytes(await readHead(join(folder, name)));
  if (kind === null) return null;
  if (!kind.isRead) return { name, rejected: unread(kind.name) };
  const odd =
    `its name does not end as a picture's (.${ending}, and it is of the kind ${kind.name})`;
  return { name, rejected: ending === "" ? faultOfName(name) : odd };
}

/** Why no file that is written could name the picture, or null. */
export function faultOfName(name: string): string | null {
  const fault = imageNameFault(name);
  return fault && `its name ${fault}`;
}

function unread(kind: string): string {
  return `${kind} pictures are not read (${READ_KINDS} are)`;
}

/** A file's first bytes; none if it cannot be read, or is no file. */
async function readHead(path: string): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD_BYTES);
  try {
    using file = await Deno.open(path);
    return head.subarray(0, await file.read(head) ?? 0);
  } catch {
    return head.subarray(0, 0);
  }
}
