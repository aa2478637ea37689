/** Which imported image a record's image is, although two programs may spell it differently. */

import { NameTable } from "../../dataset/name_table.ts";

import { oneLine } from "../../files/quoted.ts";

/** Only these count as extensions: `photo.v2` of `photo.v2.pts` is a whole name. */
const IMAGE_EXTENSION = /\.(?:avif|bmp|gif|heic|jp2|jpe?g|pgm|png|ppm|tiff?|webp)$/i;

/** Images with the indices 0, 1, 2, … in the order in which they were added. */
export class ImageIndex {
  readonly #names = new NameTable();
  readonly #places: string[] = [];
  readonly #byBase = new SharedKeys();
  readonly #byStem = new SharedKeys();

  /**
   * Adds an image, if it is new.
   *
   * @param place Where it was read, for the error if it cannot be told from another one.
   * @returns Its index.
   */
  add(image: string, place: string): number {
    const name = plainPath(image);
    const known = this.#names.indexOf(name);
    if (known >= 0) return known;
    const index = addName(this.#names, name);
    this.#places.push(place);
    this.#byBase.add(baseOf(name), index);
    this.#byStem.add(withoutExtension(baseOf(name)), index);
    return index;
  }

  /**
   * The image that `image` is. What fits first counts: the whole name, the whole name without its
   * extension (as of files that do not name the image), the base name, the base name's stem.
   *
   * @returns Its index, or −1 if there is none.
   * @throws {SyntaxError} If two images fit equally.
   */
  find(image: string): number {
    const name = plainPath(image);
    for (const whole of [name, withoutExtension(name)]) {
      const index = this.#names.indexOf(whole);
      if (index >= 0) return index;
    }
    const base = baseOf(name);
    const found = this.#byBase.get(base) ?? this.#byStem.get(withoutExtension(base));
    if (found === null) return -1;
    const [first, second] = found;
    if (second === undefined) return first;
    throw new SyntaxError(
      `Cannot tell whose landmarks ${image} has: ${this.#described(first)} and ` +
        `${this.#described(second)} fit equally`,
    );
  }

  #described(index: number): string {
    return `${oneLine(this.#names.name(index), 200)} (${this.#places[index]})`;
  }
}

/** Keys, and for each the first two images that have it. */
class SharedKeys {
  readonly #keys = new NameTable();
  readonly #first: number[] = [];
  /** Few keys have a second image, so that this stays small. */
  readonly #second = new Map<number, number>();

  add(key: string, image: number): void {
    const known = this.#keys.indexOf(key);
    if (known < 0) this.#first[addName(this.#keys, key)] = image;
    else if (!this.#second.has(known)) this.#second.set(known, image);
  }

  get(key: string): readonly [first: number, second: number | undefined] | null {
    const index = this.#keys.indexOf(key);
    return index < 0 ? null : [this.#first[index]!, this.#second.get(index)];
  }
}

function addName(names: NameTable, name: string): number {
  const bytes = new TextEncoder().encode(name);
  return names.add(bytes, 0, bytes.length);
}

/** The path with `/` between folders and without `./` in front. */
function plainPath(image: string): string {
  return image.replaceAll("\\", "/").replace(/^(?:\.\/+)+/, "");
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function withoutExtension(name: string): string {
  return name.replace(IMAGE_EXTENSION, "");
}
