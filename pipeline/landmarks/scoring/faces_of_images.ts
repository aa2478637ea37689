/**
 * Which true and which predicted faces are of the same image, although their files may spell its name
 * differently.
 */

import { imageOfFace } from "../../face/face_name.ts";
import { ImageIndex } from "../imports/image_index.ts";

/** The faces of one image, as indices of rows. */
interface FacesOfImage {
  /** The image as the predictions spell it, else as the truth does. */
  readonly image: string;
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
}

/** A row with true points, as far as names go. */
interface TrueName {
  readonly image: string;
  /** Where it was read, for the error if it cannot be told from another one. */
  readonly place?: string;
}

/**
 * The images with true faces, in the order of the truth.
 *
 * A predicted row is of the image that has exactly its name, if that is known; else of the image whose
 * face ({@linkcode imageOfFace}) it names. So is a true row if `images` says which images there are.
 * An image of the truth is found by its whole name, with or without the extension; what is left then,
 * as {@linkcode ImageIndex} finds it.
 *
 * @param images The images that were looked at: other ones of the truth are left out. Without them
 * every name in the truth is the name of an image that was.
 * @throws {SyntaxError} If two images fit equally.
 */
export function facesOfImages(
  truth: readonly TrueName[],
  predicted: readonly string[],
  images?: ReadonlySet<string>,
): FacesOfImage[] {
  const known = images ?? new Set(truth.map(({ image }) => image));
  const trueRows = rowsByImage(truth.map(({ image }) => {
    const parent = imageOfFace(image);
    return !known.has(image) && known.has(parent) ? parent : image;
  }));
  const rows = rowsByImage(predicted.map((name) => known.has(name) ? name : imageOfFace(name)));
  const spelling = spellings(trueRows, truth, images ?? rows.keys());
  return [...trueRows].flatMap(([name, faces]) => {
    const image = spelling.get(name) ?? (images ? null : name);
    return image === null ? [] : [{ image, truth: faces, predicted: rows.get(image) ?? [] }];
  });
}

function rowsByImage(names: readonly string[]): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  for (const [row, name] of names.entries()) {
    const before = rows.get(name);
    if (before) before.push(row);
    else rows.set(name, [row]);
  }
  return rows;
}

/** How `images` spell the images of the truth, by the truth's names. */
function spellings(
  trueRows: ReadonlyMap<string, readonly number[]>,
  truth: readonly TrueName[],
  images: Iterable<string>,
): ReadonlyMap<string, string> {
  const spelling = new Map<string, string>();
  const isTrue = (name: string) => trueRows.has(name) ? name : undefined;
  let rest = claim(spelling, images, isTrue);
  rest = claim(spelling, rest, (image) => isTrue(withoutExtension(image)));
  const index = new ImageIndex();
  const names: string[] = [];
  for (const [name, [row]] of trueRows) {
    if (spelling.has(name)) continue;
    names[index.add(name, truth[row!]!.place ?? `row ${row! + 1} of the truth`)] ??= name;
  }
  claim(spelling, rest, (image) => names[index.find(image)]);
  return spelling;
}

/** Gives each image the name that `find` has for it, if it is not taken yet; returns the others. */
function claim(
  spelling: Map<string, string>,
  images: Iterable<string>,
  find: (image: string) => string | undefined,
): string[] {
  const claimed = new Map<string, string>();
  const rest: string[] = [];
  for (const image of images) {
    const name = find(image);
    if (name === undefined || spelling.has(name)) {
      rest.push(image);
      continue;
    }
    const other = claimed.get(name);
    if (other !== undefined) {
      throw new SyntaxError(
        `Cannot tell whose true points ${name} has: ${other} and ${image} fit equally`,
      );
    }
    claimed.set(name, image);
  }
  for (const [name, image] of claimed) spelling.set(name, image);
  return rest;
}

function withoutExtension(name: string): string {
  return name.replace(/\.[^./\\]+$/, "");
}
