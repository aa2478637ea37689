/** Predictions as files. */

import { extname } from "node:path";
import { type Attribute, ATTRIBUTES } from "../face/attributes.ts";
import { csvRow } from "../files/csv.ts";
import { nameInTable } from "../image/image_name.ts";
import { BufferedWriter } from "../files/buffered_writer.ts";
import { rejectedPath } from "../landmarks/files/landmark_file.ts";
import type { Prediction } from "../predict.ts";
import { jsonLine } from "../files/quoted.ts";

/** Whether predictions go to a file as csv. */
export function isCsv(path: string): boolean {
  return extname(path).toLowerCase() === ".csv";
}

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
  readonly #lines: BufferedWriter;
  /** Of csv alone. */
  readonly #rejections: BufferedWriter | null;
  readonly #attributes: readonly Attribute[];

  private constructor(
    lines: BufferedWriter,
    rejections: BufferedWriter | null,
    attributes: readonly Attribute[],
  ) {
    this.#lines = lines;
    this.#rejections = rejections;
    this.#attributes = attributes;
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
    await using files = new AsyncDisposableStack();
    const lines = files.use(await BufferedWriter.open(path));
    const rejections = isCsv(path)
      ? files.use(await BufferedWriter.open(rejectedPath(path)))
      : null;
    if (rejections) await lines.write(csvRow(["image_name", ...attributes]));
    files.move();
    return new PredictionFile(lines, rejections, attributes);
  }

  async write(prediction: Prediction): Promise<void> {
    if (!this.#rejections) await this.#lines.write(jsonLine(prediction) + "\n");
    else if ("rejected" in prediction) {
      const { name: image, rejected: reason } = prediction;
      await this.#rejections.write(jsonLine({ image, reason }) + "\n");
    } else {
      const { name, probabilities } = prediction;
      const shares = this.#attributes.map((attribute) => probabilities[attribute]!);
      await this.#lines.write(csvRow([nameInTable(name), ...shares]));
    }
  }

  /** Makes the file visible, replacing one that was there. */
  async commit(): Promise<void> {
    // In this order, rows are never without their rejections.
    await this.#rejections?.commit();
    await this.#lines.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rejections?.[Symbol.asyncDispose]();
    await this.#lines[Symbol.asyncDispose]();
  }
}
