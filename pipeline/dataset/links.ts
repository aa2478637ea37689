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

  /** Why an image file is not to be read, or null if it may be. */
  faultOf(path: string): string | null {
    if (this.#real === null) return null;
    const folder = dirname(path);
    const links = this.#folders.get(folder) ?? this.look(folder);
    if (typeof links !== "string" && links.size === 0) return null;
    const target = typeof links === "string" ? links : links.get(basename(path));
    return target === undefined ? null : `the image ${this.#sentence(target)}`;
  }

  /**
   * Looks at a folder, which is named as `dirname` names that of an image, and hands what it holds to `visit`.
   * Of one that lies outside, not even the names of what is there are read.
   */
  look(folder: string, visit: (entry: Deno.DirEntry) => void = () => {}): Links {
    const outside = this.#outside(folder);
    const links = outside ?? this.#visit(folder, visit);
    this.#folders.set(folder, links);
    return links;
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

  #visit(folder: string, visit: (entry: Deno.DirEntry) => void): Links {
    const links = new Map<string, string>();
    ifThere(() => {
      for (const entry of Deno.readDirSync(folder)) {
        const { name, isSymlink } = entry;
        const target = isSymlink ? this.#outside(join(folder, name)) : null;
        if (target !== null) links.set(name, target);
        visit(entry);
      }
    });
    return links;
  }

  /** Where it really lies, if that is outside and not to be followed. */
  #outside(path: string): string | null {
    if (this.#real === null) return null;
    const real = ifThere(() => Deno.realPathSync(path));
    if (real === null) return null;
    const way = relative(this.#real, real);
    return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? real : null;
  }
}

/**
 * Null for what is not there, for links that lead nowhere and for what may not be looked at: whoever reads
 * it finds that out.
 */
function ifThere<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    const isClosed = error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable;
    if (isClosed || isNotThere(error)) return null;
    throw error;
  }
}
