/** Which faces `view` shows. */

import { resolve } from "node:path";
import type { Dataset } from "../../dataset.ts";
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
): Promise<Pick<ViewOptions, "records" | "dataset" | "landmarks" | "frame">> {
  const { signal } = context;
  const { images, followLinks, damaged } = values;
  if (images !== undefined) {
    const { imagesIn } = await import("../../dataset.ts");
    const records = imagesIn(images, { followLinks, useDamaged: damaged === "use", signal });
    return { records, dataset: resolve(images), landmarks: values.landmarks ?? null };
  }
  const ofRun = values.dataset === undefined ? await facesOfRun(values.run[0]) : {};
  const root = values.dataset ?? ofRun.dataset ?? await sampleFolder();
  const dataset = await openShown(root, values, context);
  const landmarks = values.landmarks ?? ofRun.landmarks ?? await truthOf(root);
  const records = dataset.records({ signal });
  return { records, dataset: resolve(root), landmarks, frame: await frameOf(dataset) };
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

/** The data set that a run was trained with, and its landmarks. */
async function facesOfRun(
  run: string | undefined,
): Promise<{ dataset?: string; landmarks?: string }> {
  if (run === undefined) return {};
  const { readRunConfig } = await import("../../train/files/run_folder.ts");
  const { data } = await readRunConfig(run);
  const { dataset, landmarks } = data ?? {};
  return {
    ...(typeof dataset === "string" && { dataset }),
    ...(typeof landmarks === "string" && { landmarks }),
  };
}
