/** Predictions as files. */

import { extname } from "node:path";
import { type Attribute, ATTRIBUTES } from "../face/attributes.ts";
import { csvRow } from "../files/csv.ts";
import { nameInTable } from "../image/image_name.ts";
import { FileWriter } from "../files/write_file.ts";
import { rejectedPath } from "../landmarks/files/landmark_file.ts";
import type { Prediction } from "../predict.ts";
import { jsonLine } from "../files/quoted.ts";

/** Whether predictions go to a file as csv. */
export function isCsv(path: string): boolean {
  return extname(path).toLowerCase() === ".csv";
}

/** Text that is gathered before it goes to the file, in characters. */
const PIECE = 1 << 16;

/**
 * A file of predictions that appears when it is committed, and not at all if it is disposed before. Its name ends
 * in one of:
 *
 * - `.ndjson`: each {@linkcode Prediction} as a line;
 * - `.csv`: `image_name` and the probabilities by the attributes' names, a row for each image that has an
 *   answer; the others are listed in a file beside it ({@linkcode rejectedPath}), an object
 *   `{"image", "reason"}` a line.
 */
export class PredictionFile implements AsyncDisposable {
  readonly #lines: FileWriter;
  /** Of csv alone. */
  readonly #rejections: FileWriter | null;
  readonly #attributes: readonly Attribute[];
  #text: string;
  #rejected = "";

  private constructor(
    lines: FileWriter,
    rejections: FileWriter | null,
    attributes: readonly Attribute[],
  ) {
    this.#lines = lines;
    this.#rejections = rejections;
    this.#attributes = attributes;
    this.#text = rejections ? csvRow(["image_name", ...attributes]) : "";
  }

  /**
   * Starts the file.
   *
   * @param attributes Those of the run, see {@linkcode learntAttributes}.
   */
  static async open(
    path: string,
    attributes: readonly Attribute[] = ATTRIBUTES,
  ): Promise<PredictionFile> {
    const lines = await FileWriter.open(path);
    if (!isCsv(path)) return new PredictionFile(lines, null, attributes);
    try {
      return new PredictionFile(lines, await FileWriter.open(rejectedPath(path)), attributes);
    } catch (error) {
      await lines[Symbol.asyncDispose]();
      throw error;
    }
  }

  async write(prediction: Prediction): Promise<void> {
    if (!this.#rejections) this.#text += jsonLine(prediction) + "\n";
    else if ("rejected" in prediction) {
      const { name: image, rejected: reason } = prediction;
      this.#rejected += jsonLine({ image, reason }) + "\n";
    } else {
      const { name, probabilities } = prediction;
      this.#text += csvRow([
        nameInTable(name),
        ...this.#attributes.map((attribute) => probabilities[attribute]!),
      ]);
    }
    if (this.#text.length + this.#rejected.length >= PIECE) await this.#flush();
  }

  /** Makes the file visible, replacing one that was there. */
  async commit(): Promise<void> {
    await this.#flush();
    // In this order, rows are never without their rejections.
    await this.#rejections?.commit();
    await this.#lines.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rejections?.[Symbol.asyncDispose]();
    await this.#lines[Symbol.asyncDispose]();
  }

  async #flush(): Promise<void> {
    await this.#lines.write(this.#text);
    await this.#rejections?.write(this.#rejected);
    this.#text = "";
    this.#rejected = "";
  }
}
