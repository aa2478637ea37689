/** Seeded random numbers: the same seed gives the same numbers on every machine. */

const MASK64 = (1n << 64n) - 1n;

/** One step of splitmix64: the number for a position of its counter. Source: Steele, Lea, Flood 2014. */
function mix64(counter: bigint): bigint {
  let z = counter & MASK64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK64;
  return z ^ (z >> 31n);
}

/** The golden ratio as 64 bits: the step of splitmix64's counter. */
const GOLDEN = 0x9e3779b97f4a7c15n;

/** FNV-1a over the text's UTF-8 bytes, 64 bits: a seed from any text. Source: RFC 9923. */
function hashText(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK64;
  }
  return hash;
}

/** Four 32-bit words, not all zero, from two steps of splitmix64 as xoshiro's authors advise. */
function expandSeed(seed: bigint): Uint32Array {
  const words = new Uint32Array(4);
  for (let pair = 0; pair < 2; pair++) {
    const mixed = mix64(seed + GOLDEN * BigInt(pair + 1));
    words[2 * pair] = Number(mixed & 0xffffffffn);
    words[2 * pair + 1] = Number(mixed >> 32n);
  }
  return words;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/**
 * A source of random numbers that can be seeded, split, saved and restored.
 *
 * xoshiro128** seeded through splitmix64. Not for secrets.
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021.
 */
export class Random {
  readonly #words: Uint32Array;

  /**
   * @param seed a whole number, or any text; 1 and "1" are different seeds
   * @throws {RangeError} If a number is not a safe integer.
   */
  constructor(seed: number | string) {
    if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
      throw new RangeError(`Cannot seed random numbers: ${seed} is not a whole number`);
    }
    this.#words = expandSeed(typeof seed === "number" ? BigInt(seed) & MASK64 : hashText(seed));
  }

  /** A source that goes on where {@linkcode Random.state} was read. */
  static restore(state: readonly number[]): Random {
    const words = state.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
    if (state.length !== 4 || !words || state.every((word) => word === 0)) {
      throw new RangeError(
        `Cannot restore random numbers: four 32-bit words, not all zero, are needed, ` +
          `got ${JSON.stringify(state)}`,
      );
    }
    const random = new Random(0);
    random.#words.set(state);
    return random;
  }

  /** The four 32-bit words that decide everything that follows. */
  get state(): readonly number[] {
    return [...this.#words];
  }

  /** A number in [0, 1), one of 2^53 equally likely ones. */
  next(): number {
    const high = this.#step() >>> 5;
    const low = this.#step() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A whole number in [0, n). */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`Cannot draw a whole number below ${n}: 1 or more is needed`);
    }
    return Math.floor(this.next() * n);
  }

  /** A number of the standard normal distribution (Box–Muller, which keeps nothing for later). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** Shuffles an array in place (Fisher–Yates) and returns it. */
  shuffle<T>(array: T[]): T[] {
    for (let end = array.length - 1; end > 0; end--) {
      const other = this.integer(end + 1);
      [array[end], array[other]] = [array[other] as T, array[end] as T];
    }
    return array;
  }

  /**
   * A source of its own for one purpose. It depends on this source's state and the label, and leaves
   * the state as it is: forks with different labels do not disturb each other or their parent.
   */
  fork(label: string): Random {
    return new Random(`${this.#words.join(" ")} ${label}`);
  }

  #step(): number {
    const words = this.#words;
    const w0 = words[0] as number;
    const w1 = words[1] as number;
    const w2 = words[2] as number;
    const w3 = words[3] as number;
    const result = Math.imul(rotateLeft(Math.imul(w1, 5), 7), 9) >>> 0;
    words[2] = w2 ^ w0;
    words[3] = w3 ^ w1;
    words[1] = w1 ^ (w2 ^ w0);
    words[0] = w0 ^ (w3 ^ w1);
    words[2] = (w2 ^ w0) ^ (w1 << 9);
    words[3] = rotateLeft(w3 ^ w1, 11);
    return result;
  }
}
