/** Which faces `view` shows. */

import { resolve } from "node:path";
import type { Dataset } from "../../dataset.ts";
import { isSingleFace } from "../../landmarks/files/landmark_endings.ts";
import type { ViewOptions } from "../../view.ts";
import type { Context } from "../command.ts";
import { openShown } from "./dataset_options.ts";
import { truthOf } from "./landmark_scoring.ts";
import { sampleFolder } from "./shipped_sample.ts";

interface ViewValues {
  readonly dataset: string | undefined;
  readonly images: string | undefined;
  readonly landmarks: string | undefined;
  readonly labels: string | undefined;
  readonly followLinks: boolean;
  readonly damaged: "reject" | "use";
  readonly seed: number | undefined;
  readonly run: readonly string[];
}

/** The faces of the options: of a data set, a folder, the first run's data set, or the sample. */
export async function viewedFaces(
  values: ViewValues,
  context: Pick<Context, "terminal" | "signal">,
): Promise<Pick<ViewOptions, "records" | "dataset" | "landmarks" | "correcting" | "frame">> {
  const { signal } = context;
  const { images, followLinks, damaged } = values;
  if (images !== undefined) {
    const { imagesIn } = await import("../../dataset.ts");
    const records = imagesIn(images, { followLinks, useDamaged: damaged === "use", signal });
    const { landmarks = null } = values;
    return {
      ...{ records, landmarks },
      dataset: resolve(images),
      ...await correctingIn(values, null),
    };
  }
  const ofRun = values.dataset === undefined ? await facesOfRun(values.run[0]) : {};
  const root = values.dataset ?? ofRun.dataset ?? await sampleFolder();
  const dataset = await openShown(root, values, context);
  const truth = await truthOf(root);
  const landmarks = values.landmarks ?? ofRun.landmarks ?? truth;
  return {
    ...{ records: dataset.records({ signal }), dataset: resolve(root), landmarks },
    frame: await frameOf(dataset),
    ...await correctingIn(values, truth),
  };
}

/** Width and height of all pictures; null where they differ, or the first one cannot tell. */
async function frameOf(dataset: Dataset): Promise<NonNullable<ViewOptions["frame"]> | null> {
  if (dataset.layout !== "celeba-aligned") return null;
  const { readPictureFile, sizeOfPicture } = await import("../../image/image.ts");
  for await (const { path } of dataset.records()) {
    try {
      const [width, height] = sizeOfPicture(await readPictureFile(path));
      return { width, height };
    } catch {
      return null;
    }
  }
  return null;
}

/** Only a file that was named is written, and never the data set's own. */
export async function correctingIn(
  { landmarks: file }: Pick<ViewValues, "landmarks">,
  truth: string | null,
): Promise<Pick<ViewOptions, "correcting">> {
  if (file === undefined) {
    return { correcting: { off: "To correct faces, start `view` with --landmarks FILE.csv." } };
  }
  if (isSingleFace(file)) {
    const off = "A .pts file has no names of faces: to correct them, give --landmarks a .csv file.";
    return { correcting: { off } };
  }
  const own = truth !== null && await placeOf(truth);
  if (own === await placeOf(file)) {
    const off = "This landmarks file is the data set's own, which is kept as it is: " +
      "to correct it, give --landmarks a copy.";
    return { correcting: { off } };
  }
  return { correcting: { file: resolve(file) } };
}

/** Where links lead; a file that is not there yet is where it is named. */
function placeOf(path: string): Promise<string> {
  return Deno.realPath(path).catch(() => resolve(path));
}

/** The data set that a run was trained with, and its landmarks. */
async function facesOfRun(
  run: string | undefined,
): Promise<{ dataset?: string; landmarks?: string }> {
  const { exists } = await import("../../files/write_file.ts");
  // A folder of runs has none itself.
  if (run === undefined || !await exists(run, "config.json")) return {};
  const { readRunConfig } = await import("../../train/files/run_folder.ts");
  const { data } = await readRunConfig(run);
  const { dataset, landmarks } = data ?? {};
  return {
    ...(typeof dataset === "string" && { dataset }),
    ...(typeof landmarks === "string" && { landmarks }),
  };
}
