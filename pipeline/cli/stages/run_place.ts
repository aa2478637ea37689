/** The folder in which `pipeline` works, from its start to its end. */

import { join } from "node:path";
import type { RunFolder } from "../../train/files/run_folder.ts";
import type { Context } from "../command.ts";
import { UsageError } from "../failure.ts";
import { refuseBoth } from "./training.ts";

interface PlaceValues {
  readonly out: string | undefined;
  readonly landmarks: string | undefined;
  readonly resume: boolean;
  readonly force: boolean;
}

/** Where the run goes, and how it starts. */
export interface Place {
  readonly out: string;
  /** The folder, held until the end. */
  readonly folder: RunFolder;
  readonly landmarks: string;
  /** Whether training goes on from a checkpoint. */
  readonly resume: boolean;
}

const LANDMARKS = ["landmarks.csv", "landmarks.rejected.ndjson"];

/** What may lie in a run's folder before training has begun, by the files' finished names. */
const EARLIER = [...LANDMARKS, "landmarks.unfinished.ndjson", "segments"];

/** Takes the run's folder, before any work. */
export async function takePlace(values: PlaceValues, context: Context): Promise<Place> {
  const { exists } = await import("../../files/write_file.ts");
  const { hasBegun, RunFolder } = await import("../../train/files/run_folder.ts");
  const { terminal } = context;
  const { resume, force } = values;
  refuseBoth(values);
  if (resume && values.out === undefined) throw new UsageError("--resume needs --out RUN");
  const out = values.out ?? join("runs", timeName(new Date()));
  const goesOn = resume && await hasBegun(out, EARLIER);
  if (resume && !await exists(out)) terminal.note(`there is no run in ${out} yet: it begins`);
  // Landmarks of a run that is replaced might be of other faces.
  const others = resume || values.landmarks ? [] : LANDMARKS;
  const folder = await RunFolder.open(out, { resume: goesOn, force: force || resume, others });
  const again = context.again("--out", out, "--resume");
  context.onInterrupt(`Go on with: ${again}`);
  // A process that is killed says nothing more.
  terminal.note(`run ${out}; if it is stopped, go on with: ${again}`);
  const landmarks = values.landmarks ?? join(out, "landmarks.csv");
  return { out, folder, landmarks, resume: goesOn };
}

/** `2026-01-31_23-59-59` in local time. */
function timeName(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 19).replace("T", "_").replace(/:/g, "-");
}
