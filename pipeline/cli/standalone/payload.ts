/**
 * Named files in one run of bytes: the length of an index as u32, the index as JSON, `{name: [at, length]}`
 * with `at` counted from behind it, and the files.
 */

import { concat } from "@std/bytes";

/** Puts files into one run of bytes. */
export function packPayload(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  let at = 0;
  const entries = Array.from(files, ([name, { length }]) => {
    const entry = [name, [at, length]] as const;
    at += length;
    return entry;
  });
  const index = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, index.length, true);
  return concat([length, index, ...files.values()]);
}

/**
 * Reads from a payload that begins at byte `start` of a file, which is kept open.
 *
 * @throws {Error} If the file ends before its payload does.
 */
export function openPayload(path: string, start: number): (name: string) => Uint8Array {
  const file = Deno.openSync(path);
  const cutOff = () => new Error(`${path} is cut off, and must be fetched or made again`);
  const readAt = (at: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    file.seekSync(at, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const count = file.readSync(bytes.subarray(done));
      if (count === null) throw cutOff();
      done += count;
    }
    return bytes;
  };
  const length = new DataView(readAt(start, 4).buffer).getUint32(0, true);
  const first = start + 4 + length;
  const text = new TextDecoder().decode(readAt(start + 4, length));
  const index = new Map<string, [number, number]>(Object.entries(JSON.parse(text)));
  const end = Math.max(...Array.from(index.values(), ([at, size]) => first + at + size));
  if (file.statSync().size < end) throw cutOff();
  return (name) => {
    const entry = index.get(name);
    if (!entry) throw new Error(`${path} holds no ${name}`);
    return readAt(first + entry[0], entry[1]);
  };
}
