/**
 * ImageScript's WebAssembly modules. Their bytes are imported instead of its JavaScript, which reads files and an
 * environment variable, and loads foreign code.
 */

import { KEPT_MEMORY_BYTES } from "../pixels.ts";

/** What every module exports; pointers and lengths are bytes of its memory. */
export interface ImageScriptModule {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  /** Bytes of the buffer whose address was asked for last. */
  wlen(): number;
}

/** Starts a module. */
export function startModule<Module extends ImageScriptModule>(
  code: Uint8Array<ArrayBuffer> | WebAssembly.Module,
  env: Record<string, WebAssembly.ImportValue> = {},
): Module {
  const module = code instanceof WebAssembly.Module ? code : new WebAssembly.Module(code);
  return new WebAssembly.Instance(module, { env }).exports as unknown as Module;
}

/** Copies bytes into a module's memory. */
export function place({ memory, walloc }: ImageScriptModule, bytes: Uint8Array): number {
  const address = walloc(bytes.length);
  new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
  return address;
}

/** A copy of the buffer whose address was asked for last. */
export function copyAt(
  { memory, wlen }: ImageScriptModule,
  address: number,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(memory.buffer as ArrayBuffer, address, wlen()).slice();
}

/** A decoder a thread, started when it is needed. One that failed, or has grown, is thrown away. */
export class DecoderSlot<Decoder extends ImageScriptModule> {
  readonly #code: Uint8Array<ArrayBuffer>;
  readonly #start: (code: WebAssembly.Module) => Decoder;
  #compiled: WebAssembly.Module | null = null;
  #decoder: Decoder | null = null;

  constructor(code: Uint8Array<ArrayBuffer>, start: (code: WebAssembly.Module) => Decoder) {
    this.#code = code;
    this.#start = start;
  }

  /**
   * Works with the decoder.
   *
   * @throws {SyntaxError} With the message `damaged`, if it traps.
   */
  use<T>(damaged: string, work: (decoder: Decoder) => T): T {
    const decoder = this.#decoder ??
      this.#start(this.#compiled ??= new WebAssembly.Module(this.#code));
    // What it holds of a file that is damaged is not given back.
    this.#decoder = null;
    try {
      const result = work(decoder);
      if (decoder.memory.buffer.byteLength <= KEPT_MEMORY_BYTES) this.#decoder = decoder;
      return result;
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw new SyntaxError(damaged, { cause });
    }
  }
}
