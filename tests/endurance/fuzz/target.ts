/** What a fuzzer must know of a format. */

import type { Mutations } from "./mutations.ts";

/** The bytes of a file. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A kind of file, and what reads it. */
export interface Target {
  /** Undamaged files; what must lie beside the file is written into `room`, a folder. */
  readonly seeds: (room: string) => Promise<readonly Bytes[]> | readonly Bytes[];
  /** What a case's file is called, below the room; messages must name it. */
  readonly file: string;
  /** What is done to it. */
  readonly mutations: Mutations;
  /** Makes checksums right again, so that damage gets past them. */
  readonly seal?: (bytes: Bytes) => Promise<Bytes> | Bytes;
  /** Reads it, and asserts that what was read makes sense. */
  readonly read: (path: string, room: string) => Promise<void>;
}

/** Bytes of texts. */
export function bytesOf(texts: readonly string[]): Bytes[] {
  return texts.map((text) => new TextEncoder().encode(text));
}
