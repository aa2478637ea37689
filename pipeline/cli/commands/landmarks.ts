import {
  command,
  type CommonValues,
  type Context,
  flag,
  optional,
  required,
  type Values,
} from "../command.ts";
import { tellLosses } from "../stages/face_counts.ts";
import { UsageError } from "../failure.ts";
import { DAMAGED, FOLLOW_LINKS, openShown } from "../stages/dataset_options.ts";
import { file, fileToWrite, folder, SHARD } from "../kinds.ts";
import {
  type LandmarkingJob,
  landmarkSettings,
  runLandmarking,
  runLandmarkingInto,
} from "../stages/landmarking.ts";
import {
  besideLandmarks,
  isSingleFace,
  LANDMARK_FILES,
} from "../../landmarks/files/landmark_endings.ts";
import { PLACING, readPlacing, THREADED, UPRIGHT } from "../stages/placing.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { Stage } from "../../streams/to_stream.ts";
import { PROGRAM_NAME } from "../../files/standalone.ts";

const OPTIONS = {
  dataset: optional(folder(), "folder of the data set"),
  images: optional(folder(), "folder of images without labels, instead of a data set"),
  labels: optional(file(), "label file instead of the data set's own"),
  followLinks: FOLLOW_LINKS,
  damaged: DAMAGED,
  out: required(
    fileToWrite(["", ...LANDMARK_FILES], { placeholder: "FILE.csv", others: ["-"] }),
    "landmarks file to write (.csv, .ndjson, or .pts for a single image), or - for records on stdout",
  ),
  ...PLACING,
  ...UPRIGHT,
  ...THREADED,
  boxes: optional(
    file("FILE|aligned"),
    "where the faces are: list_bbox_celeba.txt, or aligned for CelebA's aligned images; no detector",
  ),
  allFaces: flag("find all faces of an image, as photo.jpg, photo.jpg#2, …, not only the main one"),
  import: optional(
    file("FILE|DIR"),
    "landmarks of OpenFace, 300-W (.pts), dlib (.xml) or this program; only what is missing is looked for",
  ),
  shard: optional(SHARD, "take only the i-th of n parts of the images"),
  score: optional(
    file("TRUTH"),
    "true landmarks in any form that --import takes: prints how good these are, draws the worst ten",
  ),
  restart: flag("start anew, instead of going on with what was interrupted"),
};

export const LANDMARKS = command({
  name: "landmarks",
  needs: ["read", "write", "gpu"],
  summary: "Find the 68 landmarks of every face",
  details: "Every image ends in FILE.csv, or in FILE.rejected.ndjson with the reason.\n" +
    "Until the file is finished, FILE.unfinished.ndjson keeps what has been found: after an " +
    "interruption, the same command goes on where it stopped.\n" +
    "With --out -, records go to stdout, one JSON object a line, and what --json prints to stderr.",
  options: OPTIONS,
  examples: [
    ["--dataset celeba --out landmarks.csv", "a data set"],
    ["--images photos --out photos.csv", "a folder of images"],
    ["--images wild --boxes list_bbox_celeba.txt --out wild.csv", "with known boxes"],
    ["--images photos --import openface --out photos.csv", "what OpenFace has missed"],
    ["--images 300w --all-faces --score 300w --out 300w.csv", "how good they are"],
    ["--dataset celeba --shard 2/8 --out part-2.csv", "the second of eight parts"],
    [`--dataset celeba --out - | ${PROGRAM_NAME} segments --landmarks - …`, "straight on"],
  ],
  async run(values, context) {
    const { out, restart, score: truth } = values;
    const { terminal, signal } = context;
    if (out === "-" && truth !== undefined) throw new UsageError("--score needs --out FILE.csv");
    const source = await openSource(values, context);
    if (isSingleFace(out) && (source.total !== 1 || values.allFaces)) {
      throw new UsageError(
        `--out ${out}: .pts holds one face; for more, .csv or .ndjson is needed`,
      );
    }
    const placing = {
      ...await readPlacing({ ...values, detector: detectorOf(values) }, context),
      allFaces: values.allFaces,
    };
    const { again, ...known } = source;
    const records = await knownTo({ records: source.records, again }, values, signal);
    const job = { ...known, ...placing, records };
    if (out === "-") {
      const write = await toStdout(context);
      return { ...await runLandmarking({ ...job, write }, context), out };
    }
    const same = `The same command${restart ? " without --restart" : ""}`;
    context.onInterrupt(`${same} goes on where it stopped.`);
    const settings = landmarkSettings(values, placing);
    const scored = truth === undefined
      ? job
      : { ...job, truth, worst: besideLandmarks(out, ".worst") };
    const result = await runLandmarkingInto({ out, settings, restart }, scored, context);
    if (truth !== undefined && result.score !== null) {
      const { scoreText } = await import("../text/landmark_score.ts");
      terminal.say(scoreText(result.score));
    }
    terminal.say(`Landmarks: ${out}`);
    if (result.worst?.length) terminal.say(`Worst faces: ${result.worst.at(-1)}`);
    return { ...result, out };
  },
});

type LandmarkValues = Values<typeof OPTIONS> & CommonValues;

/** Boxes that are given take the place of a detector, unless one is named. */
function detectorOf({ detector, boxes }: LandmarkValues): LandmarkValues["detector"] {
  if (boxes === undefined || detector !== "auto") return detector;
  return boxes === "aligned" ? "aligned" : "box";
}

/** Records with the boxes and the points that files have for them. */
async function knownTo(
  { records, again }: Pick<Source, "records" | "again">,
  { boxes, import: known }: LandmarkValues,
  signal: AbortSignal,
): Promise<AsyncIterable<FaceRecord>> {
  const { addBoxes, checkBoxes, importLandmarks } = await import("../../landmarks.ts");
  const isFile = boxes !== undefined && boxes !== "aligned";
  if (isFile) await checkBoxes(boxes, again(), { signal });
  const boxed = isFile ? addBoxes(boxes, { signal })(records) : records;
  return known === undefined ? boxed : importLandmarks(known, { signal })(boxed);
}

/** The images to look at. */
interface Source extends Pick<LandmarkingJob, "records" | "total" | "dataset"> {
  /** The same records, once more. */
  readonly again: () => AsyncIterable<FaceRecord>;
}

/** The images to look at, and how many they are. */
async function openSource(
  { dataset: root, images, shard, ...values }:
    & Values<typeof OPTIONS>
    & CommonValues,
  { terminal, signal }: Context,
): Promise<Source> {
  const { imagesIn, shardRange } = await import("../../dataset.ts");
  if ((root === undefined) === (images === undefined)) {
    throw new UsageError("Either --dataset DIR or --images DIR is needed");
  }
  if (images !== undefined) {
    // The folder is listed as a whole before the first image in any case.
    const { followLinks, damaged } = values;
    const useDamaged = damaged === "use";
    const records = await Array.fromAsync(
      imagesIn(images, { shard, followLinks, useDamaged, signal }),
    );
    const { unusedText } = await import("../text/unused.ts");
    const unused = unusedText(records);
    if (unused !== null) terminal.note(unused);
    const again = () => ReadableStream.from(records);
    return { records: again(), again, total: records.length, dataset: null };
  }
  const dataset = await openShown(root as string, values, { terminal, signal });
  tellLosses([dataset.labelled.images], terminal);
  const [from, to] = shardRange(dataset.count, shard);
  const again = () => dataset.records({ shard, signal });
  return { records: again(), again, total: to - from, dataset: dataset.root };
}

async function toStdout(
  { terminal, signal }: Context,
): Promise<Stage<FaceRecord, FaceRecord>> {
  const { toJson } = await import("../../face/record_json.ts");
  terminal.takeStdout();
  return async function* (source) {
    for await (const record of source) {
      await terminal.record(toJson(record), signal);
      yield record;
    }
  };
}
