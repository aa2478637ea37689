/** Files of many small pieces. */

import { FileWriter, type WriteOptions } from "./write_file.ts";

/** Bytes that are gathered before they are written. */
const GATHERED = 1 << 20;

/** Gathers small pieces into large writes. */
export class BufferedWriter implements AsyncDisposable {
  readonly #file: FileWriter;
  readonly #encoder = new TextEncoder();
  #gathered = new Uint8Array(GATHERED);
  #length = 0;

  private constructor(file: FileWriter) {
    this.#file = file;
  }

  /** Starts a file that will be called `path`; `beside` as of {@linkcode FileWriter.open}. */
  static async open(path: string, beside?: string): Promise<BufferedWriter> {
    return new BufferedWriter(await FileWriter.open(path, beside));
  }

  async write(text: string): Promise<void> {
    const bytes = this.#encoder.encode(text);
    (await this.reserve(bytes.length)).set(bytes);
  }

  /** The next `bytes` bytes of the file, zero, to be filled before the next call. */
  async reserve(bytes: number): Promise<Uint8Array> {
    if (this.#length + bytes > this.#gathered.length) await this.#flush();
    if (bytes > this.#gathered.length) this.#gathered = new Uint8Array(bytes);
    const piece = this.#gathered.subarray(this.#length, this.#length + bytes);
    this.#length += bytes;
    return piece.fill(0);
  }

  /** What has been written, from the start, in pieces. */
  async *written(): AsyncGenerator<Uint8Array> {
    await this.#flush();
    const { file } = this.#file;
    await file.seek(0, Deno.SeekMode.Start);
    for (;;) {
      const piece = new Uint8Array(GATHERED);
      const read = await file.read(piece);
      if (read === null) return;
      yield piece.subarray(0, read);
    }
  }

  /** Makes the file visible under its name. */
  async commit(options?: WriteOptions): Promise<void> {
    await this.#flush();
    await this.#file.commit(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  async #flush(): Promise<void> {
    await this.#file.write(this.#gathered.subarray(0, this.#length));
    this.#length = 0;
  }
}
