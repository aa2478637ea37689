/** The files in a folder and the folders below it. */

import { join } from "node:path";

/** Orders `2.jpg` before `10.jpg`, the same on every machine. */
const NATURAL = new Intl.Collator("en", { numeric: true });

/**
 * Paths of the files below a folder, relative to it, with `/` between folders, in natural order (2 before
 * 10). Hidden files and folders are left out; links are followed, but not in circles.
 *
 * @param enters Which folders are looked into, by their paths; all by default.
 * @param onFault Called for a folder that cannot be read; without it, that is an error.
 */
export function filesBelow(
  folder: string,
  signal?: AbortSignal,
  enters: (name: string) => boolean = () => true,
  onFault?: OnFault,
): AsyncGenerator<string> {
  return walk({ root: folder, signal, enters, onFault }, "", []);
}

/** Hears of a folder, by its path below the first one, and why it cannot be read. */
type OnFault = (name: string, reason: string) => void;

interface Walk {
  readonly root: string;
  readonly signal: AbortSignal | undefined;
  readonly enters: (name: string) => boolean;
  readonly onFault: OnFault | undefined;
}

/** @param parents Real paths of the folders on the way here: a link to one of them is a circle. */
async function* walk(
  walked: Walk,
  below: string,
  parents: readonly string[],
): AsyncGenerator<string> {
  const { root, signal, enters } = walked;
  const opened = await openFolder(walked, below);
  if (opened === null || parents.includes(opened.real)) return;
  for (const entry of opened.entries) {
    signal?.throwIfAborted();
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const { isFile, isDirectory } = entry.isSymlink ? await linkTarget(join(root, name)) : entry;
    if (isFile) yield name;
    if (isDirectory && enters(name)) yield* walk(walked, name, [...parents, opened.real]);
  }
}

/** What lies in a folder, and its real path; null if that cannot be read and somebody hears of it. */
async function openFolder({ root, onFault }: Walk, below: string) {
  const path = join(root, below);
  try {
    return { real: await Deno.realPath(path), entries: await sortedEntries(path) };
  } catch (error) {
    if (below === "" || !onFault) throw error;
    onFault(below, error instanceof Error ? error.message : String(error));
    return null;
  }
}

/** What lies in a folder, in natural order, without hidden things and what macOS adds to archives. */
async function sortedEntries(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries
    .filter(({ name }) => !name.startsWith(".") && name !== "__MACOSX")
    .sort((a, b) => NATURAL.compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
}

/** What a link leads to, if anything; a target that cannot be examined passes for a file. */
async function linkTarget(path: string): Promise<{ isFile: boolean; isDirectory: boolean }> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    const isNowhere = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.FilesystemLoop;
    return { isFile: !isNowhere, isDirectory: false };
  }
}
