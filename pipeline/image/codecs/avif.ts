/**
 * AVIF files to RGB pixels.
 *
 * Which way up a picture is, its properties `irot` and `imir` say; EXIF data do not count here.
 *
 * Source: ISO/IEC 23008-12 (HEIF), sections 6.5 and 9.3; ISO/IEC 14496-12, section 8.11.
 */

import { boxesIn, boxIn, type IsoBox } from "./iso_boxes.ts";
import { sideways, turnImage } from "../orientation.ts";
import { checkSize, overWhite, type RgbImage } from "../pixels.ts";

/** What the properties of the picture say that the file is about. */
interface AvifHeader {
  readonly width: number;
  readonly height: number;
  /** As EXIF tells it, 1 to 8; 1 is upright. */
  readonly orientation: number;
}

/** Width and height once it is upright; errors as of {@linkcode decodeAvif}. */
export function avifSize(bytes: Uint8Array): [width: number, height: number] {
  const { width, height, orientation } = readHeader(bytes);
  return sideways(orientation) ? [height, width] : [width, height];
}

/**
 * Decodes an AVIF file and turns it upright; what is transparent shows white.
 *
 * @throws {SyntaxError} If it is damaged or of an unsupported kind.
 * @throws {RangeError} If it is too large.
 */
export async function decodeAvif(bytes: Uint8Array): Promise<RgbImage> {
  const { width, height, orientation } = readHeader(bytes);
  const { decodeStored } = await import("./libavif.ts");
  const image = decodeStored(bytes, width * height);
  if (image.width !== width || image.height !== height) {
    throw new SyntaxError(`the AVIF is damaged: it holds ${image.width}x${image.height} pixels`);
  }
  return turnImage({ width, height, data: overWhite(image.data) }, orientation);
}

/** What a box holds behind its version and flags. */
const VERSIONED = 4;

function readHeader(bytes: Uint8Array): AvifHeader {
  const meta = boxIn(bytes, "meta")?.subarray(VERSIONED) ?? new Uint8Array();
  const properties = boxIn(meta, "iprp") ?? new Uint8Array();
  const all = Array.from(boxesIn(boxIn(properties, "ipco") ?? new Uint8Array()));
  // A picture may be made of others, none of which must be enormous.
  for (const { type, content } of all) if (type === "ispe") checkSize(...sizeIn(content));
  const item = boxIn(meta, "pitm");
  const primary = numberAt(item, item?.[0] === 0 ? VERSIONED : VERSIONED + 2);
  const links = boxIn(properties, "ipma");
  const own = primary === null || links === null ? [] : propertiesOf(primary, links, all);
  const find = (type: string) => own.find((property) => property.type === type)?.content;
  const size = find("ispe");
  if (!size) throw new SyntaxError("the AVIF is damaged or cut short: it has no header");
  const [width, height] = sizeIn(size);
  const quarters = (find("irot")?.[0] ?? 0) & 3;
  const mirror = find("imir")?.[0];
  return { width, height, orientation: orientationOf(quarters, mirror) };
}

function sizeIn(content: Uint8Array): [width: number, height: number] {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  if (content.length < VERSIONED + 8) return [0, 0];
  return [view.getUint32(VERSIONED), view.getUint32(VERSIONED + 4)];
}

/** A number of 16 bits, or null beyond the end. */
function numberAt(content: Uint8Array | null, at: number): number | null {
  if (content === null || at + 2 > content.length) return null;
  return content[at]! << 8 | content[at + 1]!;
}

/** The properties that a box `ipma` links with an item, told by the lowest 16 bits of its number. */
function propertiesOf(item: number, links: Uint8Array, all: readonly IsoBox[]): IsoBox[] {
  const [wideItems, wideLinks] = [links[0]! > 0, (links[3]! & 1) === 1];
  let at = VERSIONED + 4;
  while (at < links.length) {
    const current = numberAt(links, wideItems ? at + 2 : at);
    at += wideItems ? 4 : 2;
    const count = links[at++] ?? 0;
    const width = wideLinks ? 2 : 1;
    if (current === item) {
      // The highest bit says that the property matters; numbers begin with 1.
      return Array.from({ length: count }, (_, i) => {
        const from = at + i * width;
        const index = wideLinks ? (numberAt(links, from) ?? 0) & 0x7fff : links[from]! & 0x7f;
        return all[index - 1];
      }).filter((property) => property !== undefined);
    }
    at += count * width;
  }
  return [];
}

/**
 * Quarters against the clock, then mirrored: 0 swaps top and bottom, 1 left and right, which is the same
 * after another half turn.
 */
function orientationOf(quarters: number, mirror: number | undefined): number {
  if (mirror === undefined) return [1, 8, 3, 6][quarters]!;
  return [4, 5, 2, 7][(quarters + 2 * (mirror & 1)) % 4]!;
}
