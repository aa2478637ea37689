/** Copies of folders. */

import { dirname, join } from "node:path";
import { filesBelow } from "../../../pipeline/files/folder_files.ts";

/** Copies all files below a folder. */
export async function copy(from: string, to: string): Promise<void> {
  for await (const name of filesBelow(from)) {
    await Deno.mkdir(dirname(join(to, name)), { recursive: true });
    await Deno.copyFile(join(from, name), join(to, name));
  }
}
