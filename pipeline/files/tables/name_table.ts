/**
 * A set of image names in the order in which they were added, held as bytes: 202,599 names take 5 MB
 * where strings in a map take 30.
 */

const UTF8 = new TextDecoder();
const ENCODER = new TextEncoder();
/** Holds the name that was asked for last. */
const ASKED = new Uint8Array(1 << 11);

/** Names with the indices 0, 1, 2, … in the order in which they were added. */
export class NameTable {
  /** All names, UTF-8, without anything between them. */
  #bytes = new Uint8Array(1 << 12);
  /** Name i is bytes[#ends[i - 1] .. #ends[i]), the first one beginning at 0. */
  #ends = new Uint32Array(1 << 9);
  /** Hash table with open addressing and linear probing: index + 1, or 0 where a slot is free. */
  #slots = new Uint32Array(1 << 10);
  #size = 0;

  /** How many names there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds the name in bytes[start..stop).
   *
   * @returns Its index, or −1 if it is there already.
   */
  add(bytes: Uint8Array, start: number, stop: number): number {
    const slot = this.#slotOf(bytes, start, stop);
    if (this.#slots[slot] !== 0) return -1;
    const index = this.#size++;
    const begin = this.#start(index);
    const end = begin + stop - start;
    if (index === this.#ends.length) this.#ends = grown(this.#ends, Uint32Array, index + 1);
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, Uint8Array, end);
    for (let at = start; at < stop; at++) this.#bytes[begin + at - start] = bytes[at] as number;
    this.#ends[index] = end;
    this.#slots[slot] = index + 1;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    return index;
  }

  /** The index of the name in bytes[start..stop), or −1 if it is not there. */
  find(bytes: Uint8Array, start: number, stop: number): number {
    return (this.#slots[this.#slotOf(bytes, start, stop)] as number) - 1;
  }

  /** Adds a name: see {@linkcode NameTable.add}. */
  addName(name: string): number {
    const bytes = bytesOf(name);
    return this.add(bytes, 0, bytes.length);
  }

  /** The index of a name, or −1 if it is not there. */
  indexOf(name: string): number {
    const bytes = bytesOf(name);
    return this.find(bytes, 0, bytes.length);
  }

  /** The name with an index below `size`. */
  name(index: number): string {
    return UTF8.decode(this.#bytes.subarray(this.#start(index), this.#ends[index]));
  }

  /** The folders that names begin with, as they spell them, each with the `/` or `\` at its end; "" for none. */
  folders(): Set<string> {
    const folders = new Set<string>();
    for (let index = 0; index < this.#size; index++) {
      const start = this.#start(index);
      let stop = this.#ends[index] as number;
      while (stop > start && !isSeparator(this.#bytes[stop - 1] as number)) stop--;
      folders.add(stop === start ? "" : UTF8.decode(this.#bytes.subarray(start, stop)));
    }
    return folders;
  }

  /** 32 bits that depend on the name alone. */
  hash(index: number): number {
    return hashBytes(this.#bytes, this.#start(index), this.#ends[index] as number);
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1] as number;
  }

  /** The slot that holds the name, or the free one where it belongs. */
  #slotOf(bytes: Uint8Array, start: number, stop: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashBytes(bytes, start, stop) & mask;
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === 0 || this.#equals(held - 1, bytes, start, stop)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(index: number, bytes: Uint8Array, start: number, stop: number): boolean {
    const begin = this.#start(index);
    if ((this.#ends[index] as number) - begin !== stop - start) return false;
    const own = this.#bytes;
    for (let at = start; at < stop; at++) {
      if (own[begin + at - start] !== bytes[at]) return false;
    }
    return true;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = this.hash(index) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** Whether it is `/` or `\`: in UTF-8 no part of another character. */
function isSeparator(byte: number): boolean {
  return byte === 0x2f || byte === 0x5c;
}

/** The name in UTF-8, until the next call. */
function bytesOf(name: string): Uint8Array {
  // A unit of a string takes 3 bytes at most.
  if (3 * name.length > ASKED.length) return ENCODER.encode(name);
  return ASKED.subarray(0, ENCODER.encodeInto(name, ASKED).written);
}

/** FNV-1a over bytes[start..stop), 32 bits, then mixed so that its low bits are good ones too. */
function hashBytes(bytes: Uint8Array, start: number, stop: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < stop; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  }
  return mix32(hash);
}

/** A permutation of 32-bit words in which every bit depends on every other: MurmurHash3's last step. */
export function mix32(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A copy with at least twice the room, and room for `length` elements. */
export function grown<T extends Uint8Array | Uint32Array | Float64Array | Float32Array>(
  array: T,
  Array: new (length: number) => T,
  length: number,
): T {
  const larger = new Array(Math.max(2 * array.length, length));
  larger.set(array);
  return larger;
}
