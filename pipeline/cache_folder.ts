/**
 * The folder for what was measured on this machine; losing it costs time only.
 *
 * @module
 */

import { join } from "node:path";

/** The path of a file there, or null where the environment names no folder for such files. */
export function cachePath(name: string): string | null {
  const folder = readEnv("XDG_CACHE_HOME") ?? homeCache();
  return folder === null ? null : join(folder, "attparsenet", name);
}

function homeCache(): string | null {
  const home = readEnv("HOME") ?? readEnv("USERPROFILE");
  return home === null ? null : join(home, ".cache");
}

/** A variable, or null where it is not set or may not be read. */
function readEnv(name: string): string | null {
  try {
    return Deno.env.get(name) || null;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}
