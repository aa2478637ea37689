/** Tar files whose bytes depend on nothing but what is put into them. */

import { createHash } from "node:crypto";
import { createTarPacker } from "modern-tar";
import { BufferedWriter } from "../../files/buffered_writer.ts";

/** What a finished file is told by. */
export interface TarFacts {
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

/** Same for every file, whoever writes it and when. */
const HEADER = { type: "file", mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) } as const;

/** Writes a tar file, which is there once {@linkcode TarWriter.commit} has been called, and whole. */
export class TarWriter implements AsyncDisposable {
  readonly #packer = createTarPacker();
  readonly #file: BufferedWriter;
  readonly #hash = createHash("sha256");
  readonly #written: Promise<void>;
  #bytes = 0;

  private constructor(file: BufferedWriter) {
    this.#file = file;
    this.#written = this.#write();
    this.#written.catch(() => {}); // Thrown where somebody waits for it.
  }

  /**
   * Starts a file that will be called `path`.
   *
   * @throws {WriteError} If the system refuses, as all methods do.
   * @throws {Deno.errors.Busy} If another process is writing it.
   */
  static async open(path: string): Promise<TarWriter> {
    return new TarWriter(await BufferedWriter.open(path));
  }

  /** Adds a file. */
  async add(name: string, bytes: Uint8Array): Promise<void> {
    try {
      const body = this.#packer.controller.add({ ...HEADER, name, size: bytes.length }).getWriter();
      await body.write(bytes);
      await body.close();
    } catch (error) {
      await this.#written; // Where the disk refuses, it says why, and the packer only that it was stopped.
      throw error;
    }
  }

  /** Ends the file and gives it its name. */
  async commit(): Promise<TarFacts> {
    this.#packer.controller.finalize();
    await this.#written;
    // Its digest tells if it has not reached the disk.
    await this.#file.commit({ lasting: false });
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#packer.controller.error(new Error("The shard is given up"));
    await this.#written.catch(() => {});
    await this.#file[Symbol.asyncDispose]();
  }

  async #write(): Promise<void> {
    for await (const chunk of this.#packer.readable) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      (await this.#file.reserve(chunk.length)).set(chunk);
    }
  }
}
