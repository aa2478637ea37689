/** How the command line says how faces are found and their points placed. */

import { exists } from "../../files/write_file.ts";
import type { TreeCascade } from "../../landmarks.ts";
import { type DetectorName, DETECTORS } from "../../landmarks/detection/detector_names.ts";
import {
  type CommonValues,
  type Context,
  defaulted,
  flag,
  optional,
  type Values,
} from "../command.ts";
import { UsageError } from "../failure.ts";
import { choice, file, THREADS } from "../kinds.ts";

export const PLACING = {
  detector: defaulted(
    choice(...DETECTORS),
    "auto",
    "how faces are found: quick, then thorough; only one; by known boxes; or not at all in aligned images",
  ),
  predictor: defaulted(
    choice("auto", "face-api", "dlib"),
    "auto",
    "what places the points: dlib's predictor if its file is there, else face-api's network",
  ),
  dlibModel: optional(
    file("FILE.dat"),
    "dlib's predictor file, where it is not found by itself (see doctor)",
  ),
};

export const UPRIGHT = {
  uprightOnly: flag("take every face to be upright, and look at no image turned"),
};

export const THREADED = {
  threads: optional(THREADS, "threads that work at once (default: one for each core)"),
};

/** How faces are found and their points placed, once the predictor has been read. */
export interface Placing {
  readonly detector: DetectorName;
  /** Null leaves the points to face-api's network. */
  readonly predictor: TreeCascade | null;
  readonly dlibModel: string | null;
  readonly backend: CommonValues["backend"];
  readonly workers?: number | undefined;
  readonly uprightOnly?: boolean;
  readonly allFaces?: boolean;
}

/**
 * Reads dlib's predictor if it is wanted, and says so.
 *
 * @throws {UsageError} If it is asked for by name and there is no file of it.
 */
export async function readPlacing(
  { detector, predictor, dlibModel, backend, threads, uprightOnly }:
    & Values<typeof PLACING & typeof THREADED & typeof UPRIGHT>
    & Pick<CommonValues, "backend">,
  { terminal }: Pick<Context, "terminal">,
): Promise<Placing> {
  const { findPredictorFile, PREDICTOR_FILE, readPredictor } = await import("../../landmarks.ts");
  if (predictor === "face-api" && dlibModel !== undefined) {
    throw new UsageError(
      "--dlib-model says where dlib's predictor is, and --predictor excludes it",
    );
  }
  const wanted = predictor !== "face-api";
  const path = wanted ? dlibModel ?? await findPredictorFile() : null;
  if (path === null && predictor === "dlib") {
    throw new UsageError(
      `--predictor dlib needs ${PREDICTOR_FILE}: install the Debian package libdlib-data, or put ` +
        "the file into ./models, or name it by --dlib-model",
    );
  }
  if (dlibModel !== undefined && !await exists(dlibModel)) {
    throw new Deno.errors.NotFound(`--dlib-model ${dlibModel}: there is no such file`);
  }
  const by = path === null ? "face-api's network" : `dlib's predictor (${path})`;
  terminal.note(`points are placed by ${by}`);
  const model = path === null ? null : await readPredictor(path);
  const placing = { detector, backend, predictor: model, dlibModel: path };
  return { ...placing, workers: threads, uprightOnly };
}
