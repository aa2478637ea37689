/** Pictures of faces for the browser: whole ones, and small ones for the grid. */

import { encodePng, readPictureFile, sizeOfPicture, webPicture } from "../../image/image.ts";
import { PictureReader } from "../../image/reading/picture_reader.ts";
import type { PictureSize } from "../../image/reading/read_picture.ts";
import { mapInOrder } from "../../streams/map_in_order.ts";

/** A picture as a response has it. */
export interface WebPicture {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Files up to this many bytes go to the grid as they are: CelebA's aligned images have some 10 KB. */
const SMALL_FILE = 1 << 16;
/** Height of a tile in pixels: twice what the grid shows, for sharp screens. */
const TILE_HEIGHT = 218;
/** Bytes of tiles that are kept. */
const KEPT_BYTES = 1 << 26;

/** Milliseconds of work after which the tiles that are made are sent. */
const PATIENCE = 50;

/** Makes tiles, and keeps those that took work; dispose it to end its threads. */
export class Tiles implements AsyncDisposable {
  readonly #reader = new PictureReader({ areLarge: true });
  readonly #kept = new Map<string, WebPicture>();
  #bytes = 0;

  /**
   * The tiles of the pictures at `paths` as data URLs, one a line, in UTF-8; an empty line where there is none.
   * Quick ones come in one part.
   */
  async *lines(paths: readonly (string | null)[]): AsyncGenerator<Uint8Array> {
    let text = "";
    let sent = performance.now();
    const line = async (path: string | null) =>
      (path === null ? "" : await this.#get(path).then(dataUrl, () => "")) + "\n";
    for await (const next of mapInOrder(paths, line, this.#reader.window)) {
      text += next;
      if (performance.now() - sent < PATIENCE) continue;
      yield new TextEncoder().encode(text);
      text = "";
      sent = performance.now();
    }
    yield new TextEncoder().encode(text);
  }

  async #get(path: string): Promise<WebPicture> {
    const kept = this.#kept.get(path);
    if (kept) return kept;
    const bytes = await readPictureFile(path);
    if (bytes.length <= SMALL_FILE) return await picture(bytes);
    const [width, height] = sizeOfPicture(bytes);
    if (height <= TILE_HEIGHT) return await picture(bytes);
    const tile = await this.#shrink(path, { width, height });
    this.#keep(path, tile);
    return tile;
  }

  async #shrink(path: string, { width, height }: PictureSize): Promise<WebPicture> {
    const size = {
      width: Math.max(1, Math.round(width * TILE_HEIGHT / height)),
      height: TILE_HEIGHT,
    };
    const { pixels } = await this.#reader.read({ path, size, useDamaged: false });
    const small = await encodePng({ ...size, data: pixels! });
    return { type: "image/png", bytes: new Uint8Array(small) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reader[Symbol.asyncDispose]();
  }

  #keep(path: string, tile: WebPicture): void {
    this.#kept.set(path, tile);
    this.#bytes += tile.bytes.length;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES) return;
      this.#kept.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}

function dataUrl({ type, bytes }: WebPicture): string {
  return `data:${type};base64,${bytes.toBase64()}`;
}

/** A picture as it lies, where browsers show its kind. */
export async function wholePicture(path: string): Promise<WebPicture> {
  return await picture(await readPictureFile(path));
}

async function picture(bytes: Uint8Array): Promise<WebPicture> {
  const { type, bytes: shown } = await webPicture(bytes);
  return { type, bytes: new Uint8Array(shown) };
}
