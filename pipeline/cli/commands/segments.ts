import { join } from "node:path";
import { command, type Context, defaulted, optional, required } from "../command.ts";
import { tellCounts } from "../stages/face_counts.ts";
import { UsageError } from "../failure.ts";
import { choice, file, folder, folderToWrite, SIZE } from "../kinds.ts";
import { runSegments } from "../stages/segmenting.ts";
import { FRAME } from "../../face/frame.ts";
import type { FaceRecord } from "../../face/record.ts";

export const SEGMENTS = command({
  name: "segments",
  needs: ["read", "write", "gpu"],
  summary: "Write the masks of every attribute as files",
  details: "Training needs none of these files: it draws masks on the fly.\n" +
    "Always writes DIR/coverage.csv (pixels per image and attribute) and DIR/empty_masks.csv " +
    "(positive labels whose mask is empty). Of masks of another size in the same folder they are called " +
    "coverage_{h}x{w}.csv and empty_masks_{h}x{w}.csv.\n" +
    "bits: DIR/masks_{h}x{w}.bits, [N, 40, h, w], most significant bit first, rows as in FILE.\n" +
    "png: DIR/{Attribute}_mask_{image}.png with 0 and 255.\n" +
    "overlay: DIR/{image}_overlay.png, the face with its 14 regions, and DIR/contact_sheet.png.",
  options: {
    landmarks: required(file(), "landmarks file, or - for records on stdin"),
    attributes: optional(file(), "label file; records on stdin bring their own labels"),
    imageSize: defaulted(SIZE, FRAME, "size of the images that the landmarks belong to"),
    maskSize: defaulted(SIZE, { height: 96, width: 76 }, "size of the masks"),
    format: defaulted(choice("bits", "png", "none", "overlay"), "bits", "how masks are written"),
    images: optional(folder(), "folder of the images, for overlays of a landmarks file"),
    out: required(folderToWrite(), "folder to write"),
  },
  examples: [
    [
      "--landmarks landmarks.csv --attributes list_attr_celeba.txt --mask-size 218x178 --out masks",
      "from files, masks as large as the images",
    ],
    [
      "--landmarks - --format none --out coverage",
      "coverage only, of records on stdin",
    ],
  ],
  async run(values, context) {
    const { landmarks, attributes, imageSize, maskSize, format, images, out, backend } = values;
    const { readRecords } = await import("../../face/record_json.ts");
    const { untilAborted } = await import("../../streams/map_in_order.ts");
    if (landmarks !== "-" && attributes === undefined) {
      throw new UsageError("--attributes FILE is needed, because a landmarks file has no labels");
    }
    if (landmarks !== "-" && format === "overlay" && images === undefined) {
      throw new UsageError("--images DIR is needed, because a landmarks file does not say where");
    }
    const records = landmarks === "-"
      ? readRecords(untilAborted(Deno.stdin.readable, context.signal), "stdin")
      : rowsOf(landmarks, images ?? "", context.signal);
    const labelled = attributes === undefined ? records : addLabels(records, attributes, context);
    const job = { records: labelled, frame: imageSize, mask: maskSize, format, out, backend };
    const result = await runSegments(job, context);
    context.terminal.say(`Segments: ${out}`);
    return { ...result, out };
  },
});

/** The faces of a landmarks file, in its order. */
async function* rowsOf(
  path: string,
  images: string,
  signal: AbortSignal,
): AsyncGenerator<FaceRecord> {
  const { readLandmarks } = await import("../../landmarks.ts");
  for await (const { image, points } of readLandmarks(path, { signal })) {
    const unknown = { path: join(images, image), split: null, labels: null, size: null, box: null };
    yield { image, points, ...unknown, rejected: null };
  }
}

/** Gives records the labels of a file, and says which labels are of no record. */
async function* addLabels(
  records: AsyncIterable<FaceRecord>,
  path: string,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): AsyncGenerator<FaceRecord> {
  const { readLabels } = await import("../../dataset.ts");
  const { FaceCounter } = await import("../../face/face_count.ts");
  const { names, labels } = await readLabels(path, { signal });
  const isUsed = new Uint8Array(names.size);
  for await (const record of records) {
    const row = names.indexOf(record.image);
    if (row < 0) throw new Error(`${path} has no labels for ${record.image}, which has landmarks`);
    isUsed[row] = 1;
    yield { ...record, labels: labels[row] as number };
  }
  const counter = new FaceCounter("labelled faces");
  counter.come(names.size);
  for (const [row, used] of isUsed.entries()) {
    if (!used) counter.leave(names.name(row), "no landmarks");
  }
  tellCounts([counter.count], terminal);
}
