/** Pictures in one file, as a network takes them: read at random without decoding. */

import type { PictureSize, ReadPicture } from "../image/reading/read_picture.ts";
import { FileWriter, WriteError } from "../files/write_file.ts";
import { readAt, writeAt } from "../files/file_bytes.ts";
import { encodeEnds, pictureBytes, PIXELS_AT, readEnds } from "./pack_file.ts";
import { PackIndex } from "./pack_index.ts";

/** A pack that is complete. Dispose it to close the file. */
export class Pack implements Disposable {
  /** The file. */
  readonly path: string;
  /** Rows and columns of every picture. */
  readonly size: PictureSize;
  /** What it says of its pictures, and where each is. */
  readonly index: PackIndex;
  readonly #file: Deno.FsFile;
  /** Places whose pixels have been held against their checksum. */
  readonly #checked: Uint8Array;

  private constructor(path: string, file: Deno.FsFile) {
    const { index, size } = readEnds(file, path);
    this.path = path;
    this.size = size;
    this.index = index;
    this.#file = file;
    this.#checked = new Uint8Array(index.names.length);
  }

  /**
   * Opens the pack at `path`.
   *
   * @throws {SyntaxError} If it is damaged, cut short, no pack, or of another version.
   * @throws {Deno.errors.NotFound} If there is none.
   */
  static async open(path: string): Promise<Pack> {
    const file = await Deno.open(path);
    try {
      return new Pack(path, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** u8 [H, W, 3]: its pixels; null if it is not there, or they are damaged. */
  pixels(place: number): Uint8Array<ArrayBuffer> | null {
    if (!this.index.present[place]) return null;
    const pixels = pixelsAt(this.#file, place, this.size);
    // Once in a process is enough: the memory that holds it later is the system's.
    if (!this.#checked[place] && !this.index.isWhole(place, pixels)) return null;
    this.#checked[place] = 1;
    return pixels;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * A pack that is being written, at any place first. Only {@linkcode PackWriter.commit} makes it visible; what a
 * killed process leaves is replaced by the next one that writes it.
 */
export class PackWriter implements AsyncDisposable {
  readonly path: string;
  readonly size: PictureSize;
  readonly index: PackIndex;
  readonly #writer: FileWriter;
  /** Places of which it is known whether there is a picture. */
  readonly #known: Uint8Array;
  #left: number;

  private constructor(path: string, size: PictureSize, names: readonly string[], file: FileWriter) {
    this.path = path;
    this.size = size;
    this.index = new PackIndex(names);
    this.#writer = file;
    this.#known = new Uint8Array(names.length);
    this.#left = names.length;
  }

  /**
   * Starts a pack of pictures of these names.
   *
   * @throws {WriteError} If the system refuses, as all methods do.
   * @throws {Deno.errors.Busy} If another process is writing it.
   */
  static async open(
    path: string,
    size: PictureSize,
    names: readonly string[],
  ): Promise<PackWriter> {
    return new PackWriter(path, size, names, await FileWriter.open(path));
  }

  /** Bytes of a pack of so many pictures, about: a place in the index takes some 60. */
  static bytesOf(count: number, size: PictureSize): number {
    return PIXELS_AT + count * (pictureBytes(size) + 60);
  }

  /** Puts a picture with pixels of the pack's size at a place. */
  put(place: number, picture: ReadPicture): void {
    const { pixels } = picture;
    if (pixels?.length !== pictureBytes(this.size)) {
      throw new TypeError(`Cannot pack ${pixels?.length ?? "no"} bytes of pixels`);
    }
    this.#write(PIXELS_AT + place * pixels.length, pixels);
    this.index.set(place, pixels, picture);
    this.#settle(place);
  }

  /** Leaves a place empty: its picture cannot be used. */
  skip(place: number): void {
    this.#settle(place);
  }

  /** Whether nothing is left to put. */
  get isComplete(): boolean {
    return this.#left === 0;
  }

  pixels(place: number): Uint8Array<ArrayBuffer> | null {
    return this.index.present[place] ? pixelsAt(this.#writer.file, place, this.size) : null;
  }

  /** Makes the file visible under its name. */
  async commit(): Promise<void> {
    const { head, tail } = encodeEnds(this.index, this.size);
    this.#write(0, head);
    this.#write(PIXELS_AT + this.index.names.length * pictureBytes(this.size), tail);
    // It can be made again, and gigabytes take long to reach the disk; checksums tell if they did not.
    await this.#writer.commit({ lasting: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
  }

  #write(at: number, bytes: Uint8Array): void {
    try {
      writeAt(this.#writer.file, at, bytes);
    } catch (cause) {
      throw new WriteError(this.path, cause);
    }
  }

  #settle(place: number): void {
    if (!this.#known[place]) this.#left--;
    this.#known[place] = 1;
  }
}

function pixelsAt(file: Deno.FsFile, place: number, size: PictureSize): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(pictureBytes(size));
  readAt(file, PIXELS_AT + place * pixels.length, pixels);
  return pixels;
}
