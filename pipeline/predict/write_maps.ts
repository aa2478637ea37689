/** Heat maps of a prediction as files. */

import { join } from "node:path";
import { type Attribute, ATTRIBUTES } from "../face/attributes.ts";
import type { InputSize } from "../face/faces.ts";
import { fileNameOn } from "../files/file_name.ts";
import { writeFile } from "../files/write_file.ts";
import type { HeatMap } from "../image/drawing/heat_map.ts";
import { encodePng, type RgbImage } from "../image/image.ts";
import { predictedFirst, type Probabilities } from "./most_likely.ts";
import { drawWhere } from "./where_picture.ts";
import { drawWhereSheet } from "./where_sheet.ts";

/** Files that were written for an image. */
export interface WrittenMaps {
  /** The image beside its predicted attributes and the likeliest others, each with its heat map. */
  readonly where: string;
  /**
   * The heat map of each predicted attribute over the image, at the image's size, with a line where the map
   * is one half, or words where it is nowhere above.
   */
  readonly maps: readonly string[];
}

/** An image and what the network says of it. */
interface MappedImage {
  readonly image: RgbImage;
  /** What its files are called, with folders; the ending is left out. */
  readonly name: string;
  readonly probabilities: Probabilities;
  /** Predicted attributes. */
  readonly attributes: readonly Attribute[];
  /** f32 [h, w, 40] */
  readonly maps: Float32Array;
  /** h and w */
  readonly mask: InputSize;
}

/** Attributes of a sheet that are not predicted: one row. */
const OTHERS = 4;

/**
 * Writes `NAME_where.png`, a sheet of the image's predicted attributes and the likeliest others, and
 * `NAME_Attribute.png` for each predicted one, into a folder.
 */
export async function writeMaps(folder: string, mapped: MappedImage): Promise<WrittenMaps> {
  const { image, name, probabilities, attributes } = mapped;
  const stem = join(folder, fileNameOn(name.replace(/\.[^./]+$/, "")));
  const seen = predictedFirst(probabilities, attributes, OTHERS)
    .map((shown) => ({ ...shown, map: mapOf(mapped, shown.name) }));
  const sheet = drawWhereSheet({ image, title: name, attributes: seen });
  const where = await writePicture(`${stem}_where.png`, sheet);
  const maps: string[] = [];
  for (const attribute of attributes) {
    const picture = drawWhere(image, mapOf(mapped, attribute));
    maps.push(await writePicture(`${stem}_${attribute}.png`, picture));
  }
  return { where, maps };
}

/** Returns the path. */
async function writePicture(path: string, picture: RgbImage): Promise<string> {
  await writeFile(path, await encodePng(picture), { lasting: false });
  return path;
}

function mapOf({ maps, mask: { height, width } }: MappedImage, attribute: Attribute): HeatMap {
  const a = ATTRIBUTES.indexOf(attribute);
  const data = Float32Array.from(
    { length: height * width },
    (_, cell) => maps[cell * ATTRIBUTES.length + a]!,
  );
  return { height, width, data };
}
