/** Where the pixels of a run's faces come from: memory, a pack, or their files. */

import { type Face, type InputSize, mayBeDamaged } from "../../face/faces.ts";
import type { FaceRecord } from "../../face/record.ts";
import { PictureReader, type ReadsPictures } from "../../image/reading/picture_reader.ts";
import type { PictureRequest, ReadPicture } from "../../image/reading/read_picture.ts";
import { FEW, openPacked, type PackedReader } from "../../pack.ts";
import type { ResidentImages } from "../../network/resident_images.ts";
import type { TrainOptions } from "../options.ts";

/** Bytes of pixels that are kept in memory; what is beyond is fetched again for each epoch. */
const PIXEL_BUDGET = 2 ** 31;

/** Pixels that nobody looks at. */
const NONE = new Uint8Array();

/** The pictures of a run. Dispose it to stop its threads and close its pack. */
export class RunPictures implements ReadsPictures, AsyncDisposable {
  readonly #options: TrainOptions;
  readonly #size: InputSize;
  readonly #files: PictureReader;
  #packed: PackedReader | null = null;
  readonly #kept = new Map<string, Uint8Array>();
  /** Those that only turned out damaged when they were decoded. */
  readonly #damaged = new Set<string>();
  #resident: ResidentImages | null = null;
  /** Bytes that may still be kept. */
  #room: number;

  constructor(options: TrainOptions) {
    const { workers, pixelBudget = PIXEL_BUDGET, config } = options;
    this.#options = options;
    this.#size = config.network.input;
    this.#files = new PictureReader({ workers });
    this.#room = pixelBudget;
  }

  /**
   * Opens the pack of faces, or begins one, if there is to be one.
   *
   * @returns Whether all faces are decoded before the first step, since they are few.
   */
  async open(records: readonly FaceRecord[]): Promise<boolean> {
    const { pack: wish = "off", signal, log = () => {} } = this.#options;
    const parts = { wish, pictures: records, size: this.#size, reader: this.#files, log, signal };
    if (records.length > 0) this.#packed = await openPacked({ ...parts, isMade: true });
    return records.length <= FEW;
  }

  get window(): number {
    return this.#reader.window;
  }

  read(request: PictureRequest): Promise<ReadPicture> {
    return this.#reader.read(request);
  }

  /** Says that the image of a face that is left out is not going to be read. */
  async skip(path: string): Promise<void> {
    await this.#packed?.skip(path);
  }

  /** Whether a face's pixels stay in memory, for which there is room then. */
  takes(pixels: Uint8Array): boolean {
    return (this.#room -= pixels.length) >= 0;
  }

  /** u8 [H, W, 3]: the pixels of a face that came without. Errors as of {@linkcode ReadsPictures.read}. */
  async pixelsOf({ record }: Face): Promise<Uint8Array> {
    if (this.#resident?.placeOf(record) !== undefined) return NONE;
    const { path } = record;
    const kept = this.#kept.get(path);
    if (kept) return kept;
    const useDamaged = mayBeDamaged(record);
    const { pixels, damage } = await this.#reader.read({ path, size: this.#size, useDamaged });
    if (damage && !record.damage && !this.#damaged.has(path)) {
      this.#damaged.add(path);
      this.#options.onDamaged?.(record, damage);
    }
    // The system keeps in memory what it reads of a pack.
    if (!this.#packed && this.takes(pixels!)) this.#kept.set(path, pixels!);
    return pixels!;
  }

  /** Fetches from the pack; null if it does not have all faces that can be read. */
  get fromPack(): ((face: Face) => Promise<Uint8Array>) | null {
    return this.#packed?.isComplete ? (face) => this.pixelsOf(face) : null;
  }

  /** Fetches no pixels any more of images that are on the device. */
  leaveOut(resident: ResidentImages): void {
    this.#resident = resident;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#packed?.[Symbol.asyncDispose]();
    await this.#files[Symbol.asyncDispose]();
  }

  get #reader(): ReadsPictures {
    return this.#packed ?? this.#files;
  }
}
