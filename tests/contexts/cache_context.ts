/** A folder of a test's own for what was measured on the machine. */

import { inFolder } from "../fixtures/face_records.ts";

/**
 * Runs a test with an empty folder as `XDG_CACHE_HOME`. Test files share a process and thereby its
 * environment: only what this file's thread reads of it is replaced.
 */
export function inCache(test: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const { get } = Deno.env;
    Deno.env.get = (name) => name === "XDG_CACHE_HOME" ? folder : get(name);
    try {
      await test(folder);
    } finally {
      Deno.env.get = get;
    }
  });
}
