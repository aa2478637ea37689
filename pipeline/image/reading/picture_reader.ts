/** Reading pictures on all cores. */

import { type PoolWorker, WorkerPool } from "../../streams/worker_pool.ts";
import { WorkerThread } from "../../streams/worker_thread.ts";
import { openPictureFile } from "../picture_file.ts";
import { pictureOf, type PictureRequest, type ReadPicture } from "./read_picture.ts";

/** Reads pictures, from their files or from where they have been put. */
export interface ReadsPictures {
  /** How many requests keep it busy; with more at a time, only memory grows. */
  readonly window: number;
  /**
   * Reads a picture.
   *
   * @throws {Deno.errors.NotFound} If there is no such file.
   * @throws {Error} If it cannot be used; the message says which file and why.
   */
  read(request: PictureRequest): Promise<ReadPicture>;
}

/** What a thread says of a picture. */
export type PictureAnswer = ReadPicture | PictureFault;

/** Why a picture cannot be used. */
interface PictureFault {
  readonly fault: string;
  /** Whether there is no such file. */
  readonly isMissing: boolean;
}

/** Pictures that a thread gets at once, so that messages cost little beside the work. */
const BATCH = 16;

/** A thread takes as long to start as so many small pictures to read: fewer are read without one. */
const WITHOUT_THREADS = 64;

/** Options of {@linkcode PictureReader}. */
export interface ReaderOptions {
  /** Threads that read, by default as many as there are cores; 0 for none besides the caller's. */
  readonly workers?: number | undefined;
  /** Whether each takes long: then they go to threads from the first one on, and each by itself. */
  readonly areLarge?: boolean;
  /** Starts a thread; for tests. */
  readonly start?: () => PoolWorker<PictureRequest, PictureAnswer>;
}

/**
 * Reads pictures on threads, each of which reads, decodes and resizes; what they say does not depend on how many
 * they are. One that dies is replaced, and the picture that it died of is refused. Dispose it to stop them.
 */
export class PictureReader implements ReadsPictures, AsyncDisposable {
  readonly window: number;
  readonly #pool: WorkerPool<PictureRequest, PictureAnswer> | null;
  /** How many are read without threads. */
  #few: number;

  constructor(options: ReaderOptions = {}) {
    const { workers = navigator.hardwareConcurrency, areLarge = false } = options;
    const { start = () => new ReadingThread() } = options;
    if (!Number.isInteger(workers) || workers < 0) {
      throw new RangeError(`Cannot read pictures with ${workers} threads`);
    }
    const batch = areLarge ? 1 : BATCH;
    this.#few = areLarge ? 0 : WITHOUT_THREADS;
    this.window = 2 * batch * Math.max(1, workers);
    this.#pool = workers === 0 ? null : new WorkerPool({ start, workers, batch, broken });
  }

  async read(request: PictureRequest): Promise<ReadPicture> {
    if (this.#pool === null || this.#few-- > 0) {
      return await pictureOf(await openPictureFile(request.path), request);
    }
    const answer = await this.#pool.ask(request);
    if (!("fault" in answer)) return answer;
    const { fault, isMissing } = answer;
    throw isMissing ? new Deno.errors.NotFound(fault) : new SyntaxError(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.[Symbol.asyncDispose]();
  }
}

function broken({ path }: PictureRequest, reason: string): PictureFault {
  return { fault: `Cannot read ${path}: the thread died of it: ${reason}`, isMissing: false };
}

/** A thread that reads pictures. */
class ReadingThread implements PoolWorker<PictureRequest, PictureAnswer> {
  readonly ready = Promise.resolve();
  readonly #thread = new WorkerThread<readonly PictureRequest[], readonly PictureAnswer[]>(
    new URL("./read_worker.ts", import.meta.url),
  );

  answer(requests: readonly PictureRequest[]): Promise<readonly PictureAnswer[]> {
    return this.#thread.ask(requests);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#thread[Symbol.dispose]();
    return Promise.resolve();
  }
}
