/** The folder for what was measured on this machine; losing it costs time only. */

import { posix, win32 } from "node:path";
import { parseMarked, type SchemaName, schemaOf } from "./schema.ts";
import { writeJson } from "./write_file.ts";

/** Where a system keeps such files. */
interface CacheSystem {
  readonly os: typeof Deno.build.os;
  /** A variable, or null where it is not set or may not be read. */
  readonly env: (name: string) => string | null;
}

const THIS_SYSTEM: CacheSystem = { os: Deno.build.os, env: readEnv };

/** The path of a file there, or null where the environment names no folder for such files. */
export function cachePath(name: string, { os, env }: CacheSystem = THIS_SYSTEM): string | null {
  const { join } = os === "windows" ? win32 : posix;
  const own = () => {
    const home = env("HOME");
    if (os === "darwin") return home && join(home, "Library", "Caches");
    if (os !== "windows") return home && join(home, ".cache");
    const user = env("USERPROFILE");
    return env("LOCALAPPDATA") ?? (user && join(user, "AppData", "Local"));
  };
  const folder = env("XDG_CACHE_HOME") ?? own();
  return folder === null ? null : join(folder, "attparsenet", name);
}

function readEnv(name: string): string | null {
  try {
    return Deno.env.get(name) || null;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}

/** The object in a file there; an empty one if it is missing, damaged or of another version. */
export async function readCached(
  kind: SchemaName,
  path: string | null,
): Promise<Record<string, unknown>> {
  if (path === null) return {};
  try {
    const { schema: _, ...content } = parseMarked(kind, await Deno.readTextFile(path), path);
    return content;
  } catch {
    return {};
  }
}

/** Writes a file there. A machine that forbids it measures again next time. */
export async function writeCached(
  kind: SchemaName,
  path: string | null,
  content: object,
): Promise<void> {
  if (path === null) return;
  await writeJson(path, { schema: schemaOf(kind), ...content }).catch(() => {});
}
