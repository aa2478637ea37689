/** Which imported image a record's image is, although two programs may spell it differently. */

import { oneLine } from "../../files/quoted.ts";

/** Only these count as extensions: `photo.v2` of `photo.v2.pts` is a whole name. */
const IMAGE_EXTENSION = /\.(?:avif|bmp|gif|heic|jp2|jpe?g|pgm|png|ppm|tiff?|webp)$/i;

/** Images with the indices 0, 1, 2, … in the order in which they were added. */
export class ImageIndex {
  readonly #names: string[] = [];
  readonly #indices = new Map<string, number>();
  readonly #places: string[] = [];
  readonly #byBase: SharedKeys = new Map();
  readonly #byStem: SharedKeys = new Map();

  /**
   * Adds an image, if it is new.
   *
   * @param place Where it was read, for the error if it cannot be told from another one.
   * @returns Its index.
   */
  add(image: string, place: string): number {
    const name = plainPath(image);
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const index = this.#names.push(name) - 1;
    this.#indices.set(name, index);
    this.#places.push(place);
    share(this.#byBase, baseOf(name), index);
    share(this.#byStem, withoutExtension(baseOf(name)), index);
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
      const index = this.#indices.get(whole);
      if (index !== undefined) return index;
    }
    const base = baseOf(name);
    const found = this.#byBase.get(base) ?? this.#byStem.get(withoutExtension(base));
    if (found === undefined) return -1;
    const [first, second] = found;
    if (second === undefined) return first;
    throw new SyntaxError(
      `Cannot tell whose landmarks ${image} has: ${this.#described(first)} and ` +
        `${this.#described(second)} fit equally`,
    );
  }

  #described(index: number): string {
    return `${oneLine(this.#names[index]!, 200)} (${this.#places[index]})`;
  }
}

/** For each key the first two images that have it. */
type SharedKeys = Map<string, readonly [first: number, second?: number]>;

function share(keys: SharedKeys, key: string, image: number): void {
  const [first, second] = keys.get(key) ?? [];
  if (first === undefined) keys.set(key, [image]);
  else if (second === undefined) keys.set(key, [first, image]);
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
