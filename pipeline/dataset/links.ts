/**
 * Links in a data set that lead out of it. They are not followed unless that is asked for: a data set comes
 * from somebody else, and its images end in reports and pictures.
 */

import { isNotThere } from "../files/write_file.ts";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** Where those links of a folder lead that lead out; a text for a folder that lies outside itself. */
type Links = ReadonlyMap<string, string> | string;

/** Tells which of a data set's files lie somewhere else. The data set's folder may be a link itself. */
export class LinkGuard {
  readonly #root: string;
  /** Where the root really lies; null if links are followed. */
  readonly #real: string | null;
  readonly #folders = new Map<string, Links>();

  /**
   * A guard for a folder that is there.
   *
   * @param follow Lets everything pass.
   */
  constructor(root: string, follow: boolean) {
    this.#root = root;
    this.#real = follow ? null : Deno.realPathSync(root);
  }

  /** Why an image file is not to be read, or null if it may be; quick where its folder was looked at. */
  faultOf(path: string): string | null {
    if (this.#real === null) return null;
    const links = this.#folders.get(dirname(path)) ?? this.#outside(path);
    if (links === null || typeof links !== "string" && links.size === 0) return null;
    const target = typeof links === "string" ? links : links.get(basename(path));
    return target === undefined ? null : `the image ${this.#sentence(target)}`;
  }

  /**
   * Looks at a folder once, which is named as `dirname` names that of an image, and hands what it holds to
   * `visit`. Of one that lies outside, not even the names of what is there are read.
   */
  async look(folder: string, visit: (entry: Deno.DirEntry) => void = () => {}): Promise<void> {
    if (this.#folders.has(folder)) return;
    const outside = this.#outside(folder);
    const links = new Map<string, string>();
    try {
      // Not as a list: the entries of 202,599 images would take 150 MB at a time.
      if (outside === null) {
        for await (const entry of Deno.readDir(folder)) {
          const target = entry.isSymlink ? this.#outside(join(folder, entry.name)) : null;
          if (target !== null) links.set(entry.name, target);
          visit(entry);
        }
      }
    } catch (error) {
      if (!isUnseen(error)) throw error;
    }
    this.#folders.set(folder, outside ?? links);
  }

  /**
   * Makes sure that a file or folder lies inside.
   *
   * @throws {Deno.errors.PermissionDenied} If it does not; the message says where it lies.
   */
  require(path: string): void {
    const target = this.#outside(path);
    if (target === null) return;
    throw new Deno.errors.PermissionDenied(
      `Cannot read ${path}: it ${this.#sentence(target)} (--follow-links allows that)`,
    );
  }

  #sentence(target: string): string {
    return `is a link that leads out of ${this.#root}, to ${target}`;
  }

  /** Where it really lies, if that is outside and not to be followed. */
  #outside(path: string): string | null {
    if (this.#real === null) return null;
    let real: string;
    try {
      real = Deno.realPathSync(path);
    } catch (error) {
      if (isUnseen(error)) return null;
      throw error;
    }
    const way = relative(this.#real, real);
    return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? real : null;
  }
}

/**
 * What is not there, links that lead nowhere and what may not be looked at: whoever reads it finds that out.
 */
function isUnseen(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable || isNotThere(error);
}
