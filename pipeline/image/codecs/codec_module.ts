/**
 * Decoders in WebAssembly that emscripten has made (those of npm @jsquash): started at once, from bytes that
 * are imported, so that they need no permission.
 */

import { KEPT_MEMORY_BYTES, type RgbaImage } from "../pixels.ts";

/** The object that emscripten's factory is given, and has filled when it returns. */
export interface CodecModule {
  /** View on the whole memory, made afresh when that grows. */
  readonly HEAPU8: Uint8Array;
  /** RGBA pixels, or null; whatever else it is told depends on the kind of picture. */
  decode(file: Uint8Array, ...options: unknown[]): RgbaImage | null;
}

/** A decoder that has been started. */
export interface Codec {
  readonly module: CodecModule;
  /** What it has said: warnings, and the error that ended it. */
  readonly messages: string[];
  /** Bytes to which its memory may grow; anything unless it is set. */
  mostMemory: number;
}

/**
 * Starts a decoder.
 *
 * @param createModule What emscripten has made: it fills the object that it is given.
 */
export function startCodec(
  createModule: (module: object) => unknown,
  code: WebAssembly.Module,
): Codec {
  const codec = { messages: [] as string[], mostMemory: Infinity };
  let failure: unknown;
  const module = {
    print: () => {},
    printErr: (message: string) => codec.messages.push(message),
    instantiateWasm(imports: WebAssembly.Imports, receive: (started: object) => void): object {
      try {
        const instance = new WebAssembly.Instance(code, imports);
        for (const value of Object.values(instance.exports)) {
          if (value instanceof WebAssembly.Memory) limitMemory(value, () => codec.mostMemory);
        }
        receive(instance);
        return instance.exports;
      } catch (cause) {
        failure = cause; // thrown from here, it would make the factory fetch the module
        return {};
      }
    },
  };
  // The promise of the same module, which it returns, comes later than the module itself.
  createModule(module);
  if (!("decode" in module)) throw new Error("Cannot start a decoder", { cause: failure });
  return Object.assign(codec, { module: module as unknown as CodecModule });
}

/** Has a memory refuse to grow beyond a limit, which emscripten takes for the machine's. */
function limitMemory(memory: WebAssembly.Memory, most: () => number): void {
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * PAGE > most()) throw new RangeError("too much memory");
    return grow(pages);
  };
}

/** Bytes of a page of WebAssembly's memory. */
const PAGE = 2 ** 16;

/** What any decoder may hold, beside what the picture's size calls for. */
const LEAST_MEMORY_BYTES = 64 * 2 ** 20;
/** Bytes for each pixel: libavif takes 15 at most, libwebp 8. */
const BYTES_PER_PIXEL = 24;

/** A decoder a thread, started when it is needed. One that trapped, or has grown, is thrown away. */
export class CodecSlot {
  readonly #create: (module: object) => unknown;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #code: WebAssembly.Module | null = null;
  #codec: Codec | null = null;

  /** A decoder of {@linkcode startCodec}'s factory and these bytes of WebAssembly. */
  constructor(create: (module: object) => unknown, bytes: Uint8Array<ArrayBuffer>) {
    this.#create = create;
    this.#bytes = bytes;
  }

  /**
   * Decodes a file; null if that is not possible.
   *
   * @param pixels How many the file says it has: with more, it gets no memory for them.
   */
  decode(file: Uint8Array, pixels: number, ...options: unknown[]): RgbaImage | null {
    this.#code ??= new WebAssembly.Module(this.#bytes);
    const codec = this.#codec ??= startCodec(this.#create, this.#code);
    const { module } = codec;
    codec.mostMemory = LEAST_MEMORY_BYTES + file.length + BYTES_PER_PIXEL * pixels;
    try {
      return module.decode(file, ...options);
    } catch {
      this.#codec = null;
      return null;
    } finally {
      if (module.HEAPU8.length > KEPT_MEMORY_BYTES) this.#codec = null;
    }
  }
}
