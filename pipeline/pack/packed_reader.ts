/** Pictures from a pack as far as it has them, from their files otherwise; what is read goes into the pack. */

import { WriteError } from "../files/write_file.ts";
import type { ReadsPictures } from "../image/reading/picture_reader.ts";
import type { PictureRequest, PictureSize, ReadPicture } from "../image/reading/read_picture.ts";
import { Pack, PackWriter } from "./pack.ts";

/** What a {@linkcode PackedReader} is made of. */
export interface PackedParts {
  /** Reads files; borrowed. */
  readonly reader: ReadsPictures;
  /** The pack, which it owns: complete, or to be filled. */
  readonly pack: Pack | PackWriter;
  /** The place of each picture by its path; pictures that are to be read from their files have none. */
  readonly places: ReadonlyMap<string, number>;
  /** Hears in a sentence that the pack is complete, cannot be written, or is damaged. */
  readonly log: (line: string) => void;
  /** Whether what cannot be written is an error. */
  readonly isStrict?: boolean;
}

/** Reads pictures. Dispose it to close the pack; one that is not complete leaves nothing. */
export class PackedReader implements ReadsPictures, AsyncDisposable {
  readonly #reader: ReadsPictures;
  readonly #places: ReadonlyMap<string, number>;
  readonly #log: (line: string) => void;
  #pack: Pack | PackWriter | null;
  /** While a pack that has been filled is given its name. */
  #committing: Promise<void> | null = null;
  #isDamaged = false;
  readonly #isStrict: boolean;

  constructor({ reader, pack, places, log, isStrict = false }: PackedParts) {
    this.#reader = reader;
    this.#pack = pack;
    this.#places = places;
    this.#log = log;
    this.#isStrict = isStrict;
  }

  get window(): number {
    return this.isComplete ? 1 : this.#reader.window;
  }

  /** Whether pixels have been found damaged. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** Whether the pack has all pictures that can be read. */
  get isComplete(): boolean {
    return this.#pack instanceof Pack;
  }

  async read(request: PictureRequest): Promise<ReadPicture> {
    const place = this.#places.get(request.path);
    if (place === undefined) return await this.#reader.read(request);
    const packed = this.#packed(place, request);
    if (packed) return packed;
    const picture = await this.#reader.read(request).catch(async (error) => {
      await this.#put(place, null);
      throw error;
    });
    if (picture.pixels && isSame(request.size, this.#pack?.size)) await this.#put(place, picture);
    return picture;
  }

  /** Says that a picture is not going to be read, so that the pack does not wait for it. */
  async skip(path: string): Promise<void> {
    const place = this.#places.get(path);
    if (place !== undefined) await this.#put(place, null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committing;
    const pack = this.#pack;
    this.#pack = null;
    if (pack instanceof PackWriter) return await pack[Symbol.asyncDispose]();
    pack?.[Symbol.dispose]();
    // So that the next one who needs it makes it again.
    if (pack && this.#isDamaged) await Deno.remove(pack.path).catch(() => {});
  }

  #packed(place: number, { size, useDamaged, path }: PictureRequest): ReadPicture | null {
    const pack = this.#pack;
    const facts = pack?.index.get(place);
    if (!pack || !facts || facts.damage !== undefined && !useDamaged) return null;
    if (size === null) return { ...facts, pixels: null };
    if (!isSame(size, pack.size)) return null;
    const pixels = pack.pixels(place);
    if (pixels) return { ...facts, pixels };
    if (!this.#isDamaged) {
      this.#log(
        `${pack.path} is damaged: ${path} and the like are decoded; it is made again later`,
      );
    }
    this.#isDamaged = true;
    return null;
  }

  /** Puts a picture into the pack that is being written, and ends that with the last one. */
  async #put(place: number, picture: ReadPicture | null): Promise<void> {
    const writer = this.#pack;
    if (!(writer instanceof PackWriter) || writer.isComplete) return;
    try {
      if (picture) writer.put(place, picture);
      else writer.skip(place);
      if (writer.isComplete) await (this.#committing = this.#commit(writer));
    } catch (error) {
      if (this.#isStrict || !(error instanceof WriteError)) throw error;
      this.#pack = null;
      await writer[Symbol.asyncDispose]();
      this.#log(`${error.message}; pictures are decoded again each time`);
    }
  }

  async #commit(writer: PackWriter): Promise<void> {
    await writer.commit();
    this.#pack = await Pack.open(writer.path);
    this.#log(`The faces are packed in ${writer.path}: from now on they are read from there`);
  }
}

function isSame(size: PictureSize | null, other: PictureSize | undefined): boolean {
  return size?.height === other?.height && size?.width === other?.width;
}
