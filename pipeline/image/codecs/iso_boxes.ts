/**
 * The boxes of files of the ISO base media format, to which AVIF and HEIC belong.
 *
 * Source: ISO/IEC 14496-12, sections 4.2 and 4.3.
 */

export interface IsoBox {
  readonly type: string;
  /** What it holds, as far as the file goes. */
  readonly content: Uint8Array;
}

/** The boxes one after the other; what makes no sense ends them. */
export function* boxesIn(bytes: Uint8Array): Generator<IsoBox> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length;) {
    let head = 8, size = view.getUint32(at);
    if (size === 1 && at + 16 <= bytes.length) {
      [head, size] = [16, Number(view.getBigUint64(at + 8))];
    } else if (size === 0) size = bytes.length - at;
    if (size < head) return;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield { type, content: bytes.subarray(at + head, at + size) };
    at += size;
  }
}

/** The content of the first box of a type, or null. */
export function boxIn(bytes: Uint8Array, type: string): Uint8Array | null {
  for (const box of boxesIn(bytes)) if (box.type === type) return box.content;
  return null;
}

/** The brands that a file says it is of, the foremost first; none if it is not of this format. */
export function brandsOf(bytes: Uint8Array): string[] {
  const first = boxesIn(bytes).next().value;
  if (!first || first.type !== "ftyp") return [];
  const brands = Array.from(
    { length: Math.floor(first.content.length / 4) },
    (_, i) => String.fromCharCode(...first.content.subarray(4 * i, 4 * i + 4)),
  );
  brands.splice(1, 1); // the number of a version
  return brands;
}
