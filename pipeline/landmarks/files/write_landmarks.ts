/** Writing landmarks files from a stream of records. */

import { BufferedWriter } from "../../files/buffered_writer.ts";
import { jsonLine } from "../../files/quoted.ts";
import { ignoreMissing, UNFINISHED, writeFile } from "../../files/write_file.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { Stage } from "../../streams/to_stream.ts";
import { correctRows } from "../corrections/correct_rows.ts";
import { Corrections } from "../corrections/corrections.ts";
import { isNdjson, isSingleFace } from "./landmark_endings.ts";
import { rejectedPath, turnedPath } from "./landmark_file.ts";
import { landmarkFormat } from "./landmark_format.ts";

/** Milliseconds between looks at what is corrected meanwhile. */
const LOOK_EVERY = 1000;

/** What {@linkcode writeLandmarks} can be told. */
export interface LandmarkWriteOptions {
  /** Called with the name of each face that is as a person has corrected it. */
  readonly onCorrected?: ((image: string) => void) | undefined;
}

/**
 * Passes records on and writes each into one of two files: those with points into `out`, whose ending says in
 * which form ({@linkcode LANDMARK_FILES}), the others with their reason into {@linkcode rejectedPath}, an
 * object `{"image", "reason"}` a line. Where faces are not upright, {@linkcode turnedPath} has
 * `{"image", "turn"}` of each. The files appear when the last record has passed, and not at all if the stream
 * ends early.
 *
 * What people have corrected (`faces.corrections.ndjson`) replaces what comes, also where they do so while
 * records pass.
 *
 * @example The files of a search
 * ```ts
 * import { landmarks, openDataset, writeLandmarks } from "@attparsenet/attparsenet";
 *
 * const folder = await Deno.makeTempDir();
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ shard: { index: 1, count: 240 } });
 * const written = writeLandmarks(`${folder}/faces.csv`)(landmarks()(few));
 * for await (const { image } of written) console.log(image);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {Error} If `out` is a form that holds a single face, and there is not one.
 */
export function writeLandmarks(
  out: string,
  { onCorrected }: LandmarkWriteOptions = {},
): Stage<FaceRecord, FaceRecord> {
  const format = landmarkFormat(out);
  return async function* (source) {
    const corrections = new Corrections(out);
    const look = lookAt(corrections);
    await look();
    const atStart = corrections.version;
    await using rows = await BufferedWriter.open(out);
    await using rejections = await BufferedWriter.open(rejectedPath(out));
    const rejected = new Map<string, FaceRecord>();
    await rows.write(format.head);
    let [faces, turned] = [0, ""];
    for await (const found of source) {
      await look(LOOK_EVERY);
      const record = corrections.applyTo(found);
      if (record !== found) onCorrected?.(record.image);
      if (record.rejected === null && record.points !== null) {
        if (++faces > 1 && isSingleFace(out)) throw notSingle(out, "there are more");
        await rows.write(format.row(record, record.points));
        if (record.turn) turned += turnOf(record);
      } else {
        if (isNdjson(out)) rejected.set(record.image, record);
        await rejections.write(rejectionOf(record));
      }
      yield record;
    }
    if (turned !== "") await writeFile(turnedPath(out), turned);
    else await Deno.remove(turnedPath(out)).catch(ignoreMissing);
    await look();
    if (corrections.version === atStart || isSingleFace(out)) {
      await rejections.commit();
      if (isSingleFace(out) && faces === 0) throw notSingle(out, "none was found");
      await rows.commit();
    } else await commitCorrected(out, { rows, rejections, rejected, corrections });
  };
}

/** Reads what was corrected, unless that was done less than so many milliseconds ago. */
function lookAt(corrections: Corrections): (pause?: number) => Promise<void> {
  let last = -Infinity;
  return async (pause = 0) => {
    if (performance.now() - last < pause) return;
    await corrections.read();
    last = performance.now();
  };
}

/** What was written, where something was corrected meanwhile. */
interface Uncorrected {
  readonly rows: BufferedWriter;
  readonly rejections: BufferedWriter;
  /** Where the form is of whole records. */
  readonly rejected: ReadonlyMap<string, FaceRecord>;
  readonly corrections: Corrections;
}

/** Writes both files once more, while the writers of the first ones keep others out. */
async function commitCorrected(
  out: string,
  { rows, rejections, rejected, corrections }: Uncorrected,
): Promise<void> {
  const again = (path: string) => BufferedWriter.open(path, `${path}.corrected${UNFINISHED}`);
  await using newRows = await again(out);
  await using newRejections = await again(rejectedPath(out));
  await correctRows(
    { rows: rows.written(), rejections: rejections.written() },
    { rows: newRows, rejections: newRejections },
    {
      ...{ format: landmarkFormat(out), wanted: corrections.allByHand(), path: out },
      recordOf: (image) => rejected.get(image) ?? null,
    },
  );
  await newRejections.commit();
  await newRows.commit();
}

function notSingle(out: string, found: string): Error {
  return new Error(`Cannot write ${out}: it holds the points of one face, and ${found}`);
}

function rejectionOf({ image, rejected }: FaceRecord): string {
  return jsonLine({ image, reason: rejected ?? "there are no landmarks" }) + "\n";
}

function turnOf({ image, turn }: FaceRecord): string {
  return jsonLine({ image, turn }) + "\n";
}
