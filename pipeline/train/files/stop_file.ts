/** `RUN/stop`: how a run is asked to stop by a program that may not signal its process. */

import { join } from "node:path";
import { writeFile } from "../../files/write_file.ts";

/** Its name in the run folder; what it holds does not matter. */
export const STOP_FILE = "stop";

/** Takes the request that lies in a run folder away, and says whether there was one. */
export async function takeStopRequest(run: string): Promise<boolean> {
  // Whatever is wrong with it, a run does not die of it.
  return await Deno.remove(join(run, STOP_FILE)).then(() => true, () => false);
}

/** Asks the process that trains a run to stop. */
export async function askToStop(run: string): Promise<void> {
  await writeFile(join(run, STOP_FILE), "", { lasting: false });
}
