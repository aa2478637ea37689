import { command, defaulted, optional, required } from "../command.ts";
import { choice, file, folder, SIZE } from "../kinds.ts";

/** `segments`: masks from landmarks, as files. */
export const SEGMENTS = command({
  name: "segments",
  summary: "Write the masks of every attribute as files",
  details: "Training needs none of these files: it draws masks on the fly.\n" +
    "Always writes DIR/coverage.csv (pixels per image and attribute) and DIR/empty.csv (positive " +
    "labels whose mask is empty).",
  options: {
    landmarks: required(file(), "landmarks file, or - for records on stdin"),
    attributes: optional(file(), "label file; records on stdin bring their own labels"),
    imageSize: required(SIZE, "size of the images that the landmarks belong to"),
    maskSize: required(SIZE, "size of the masks"),
    format: defaulted(choice("bits", "png", "none"), "bits", "how masks are written"),
    out: required(folder(), "folder to write"),
  },
  examples: [],
  // deno-lint-ignore require-await
  async run() {
    throw new Error("not wired");
  },
});
