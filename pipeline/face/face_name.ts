/** What a landmarks file calls the faces of one image: `photo.jpg`, `photo.jpg#2`, `photo.jpg#3`, … */

import { fileNameOn } from "../files/file_name.ts";

/** The suffix of the second face and later ones; `#0`, `#1` and `#02` are none. */
const SUFFIX = /#(?:[2-9]|[1-9]\d+)$/;

/**
 * The name of an image's face.
 *
 * @param index Which of the image's faces it is, from 0.
 */
export function faceName(image: string, index: number): string {
  return index === 0 ? image : `${image}#${index + 1}`;
}

/**
 * What files that are made of a face are called, without its image's extension: `sub/photo` for
 * `sub/photo.jpg`, `photo#2` for its second face.
 */
export function stemOfFace(name: string): string {
  const image = imageOfFace(name);
  return fileNameOn(image.replace(/(?<=[^./\\])\.[^./\\]+$/, "") + name.slice(image.length));
}

/**
 * The image of a face, for every name that {@linkcode faceName} gives. An image whose own name ends in
 * such a suffix looks like another one's face: who knows the images' names asks for them first.
 */
export function imageOfFace(name: string): string {
  return name.replace(SUFFIX, "");
}
