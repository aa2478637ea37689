/** A disk that fails at one call: Deno's functions that write are replaced while it is in use. */

import { dirname, sep } from "node:path";

/** What the system says: there is no room, or it does not permit it. */
export type Fault = "ENOSPC" | "EACCES";

/** A call that writes. */
export interface Call {
  readonly name: string;
  readonly path: string;
}

/** Which call fails. What the system says of it, it says of what follows in the same place, too. */
export interface Failure {
  /** Number of the call, from 0. */
  readonly at: number;
  readonly fault: Fault;
}

/** Calls that need no room, and so do not fail for want of it once another has. */
const NEED_NO_ROOM = ["rename", "remove", "sync", "truncate"];
/** Calls on an open file, which the system has permitted already. */
const PERMITTED = ["write", "sync", "truncate"];

/**
 * Counts the calls that write below a folder, and lets one of them fail, and those after it that the same
 * cause would keep from working: all that need room, or all that change the same folder. Of a write
 * that fails, the first half reaches the file.
 */
export class FailingDisk implements Disposable {
  readonly calls: Call[] = [];
  readonly #folder: string;
  readonly #failure: Failure | null;
  readonly #paths = new WeakMap<Deno.FsFile, string>();
  readonly #undo: (() => void)[] = [];

  constructor(folder: string, failure: Failure | null = null) {
    this.#folder = folder + sep;
    this.#failure = failure;
    this.#replaceFunctions();
    this.#replaceMethods();
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }

  /** The call that failed first. */
  get failed(): Call | undefined {
    return this.#failure === null ? undefined : this.calls[this.#failure.at];
  }

  #replaceFunctions(): void {
    const { open, rename, mkdir, remove, writeFile, writeTextFile, create } = Deno;
    const opened = async (path: string | URL, file: Promise<Deno.FsFile>) => {
      const made = await file;
      this.#paths.set(made, String(path));
      return made;
    };
    this.#replace(Deno, "open", async (path, options) => {
      const writes = options?.write || options?.append || options?.create;
      if (writes) this.#count("open", path);
      return await opened(path, open(path, options));
    });
    this.#replace(Deno, "create", async (path) => {
      this.#count("open", path);
      return await opened(path, create(path));
    });
    this.#replace(Deno, "rename", async (from, to) => {
      this.#count("rename", to);
      await rename(from, to);
    });
    this.#replace(Deno, "mkdir", async (path, options) => {
      this.#count("mkdir", path);
      await mkdir(path, options);
    });
    this.#replace(Deno, "remove", async (path, options) => {
      this.#count("remove", path);
      await remove(path, options);
    });
    this.#replace(Deno, "writeFile", async (path, data, options) => {
      this.#count("write", path);
      await writeFile(path, data, options);
    });
    this.#replace(Deno, "writeTextFile", async (path, data, options) => {
      this.#count("write", path);
      await writeTextFile(path, data, options);
    });
  }

  #replaceMethods(): void {
    const { prototype } = Deno.FsFile;
    const { write, writeSync, truncate, sync } = prototype;
    const pathOf = (file: Deno.FsFile) => this.#paths.get(file) ?? "";
    const half = (data: Uint8Array) => data.subarray(0, data.length >> 1);
    const count = (name: string, file: Deno.FsFile, data: Uint8Array = new Uint8Array()) =>
      this.#count(name, pathOf(file), () => writeSync.call(file, half(data)));
    this.#replace(prototype, "write", async function (this: Deno.FsFile, data) {
      count("write", this, data);
      return await write.call(this, data);
    });
    this.#replace(prototype, "writeSync", function (this: Deno.FsFile, data) {
      count("write", this, data);
      return writeSync.call(this, data);
    });
    this.#replace(prototype, "truncate", async function (this: Deno.FsFile, length) {
      count("truncate", this);
      await truncate.call(this, length);
    });
    this.#replace(prototype, "sync", async function (this: Deno.FsFile) {
      count("sync", this);
      await sync.call(this);
    });
  }

  #replace<T extends object, K extends keyof T>(owner: T, name: K, by: T[K]): void {
    const before = owner[name];
    owner[name] = by;
    this.#undo.push(() => owner[name] = before);
  }

  /** Notes a call; throws what the system would, if it is to fail. */
  #count(name: string, path: string | URL, before: () => void = () => {}): void {
    const call = { name, path: String(path) };
    if (!call.path.startsWith(this.#folder)) return;
    const at = this.calls.push(call) - 1;
    if (!this.#fails(call, at)) return;
    if (name === "write") before();
    throw systemError(this.#failure!.fault, call);
  }

  #fails(call: Call, at: number): boolean {
    if (this.#failure === null || at < this.#failure.at) return false;
    if (at === this.#failure.at) return true;
    if (this.#failure.fault === "ENOSPC") return !NEED_NO_ROOM.includes(call.name);
    return !PERMITTED.includes(call.name) && dirname(call.path) === dirname(this.failed!.path);
  }
}

/** As Deno makes it: calls on an open file do not know its name. */
function systemError(fault: Fault, { name, path }: Call): Error {
  const call = PERMITTED.includes(name) ? "" : `: ${name} '${path}'`;
  if (fault === "EACCES") {
    return new Deno.errors.PermissionDenied(`Permission denied (os error 13)${call}`);
  }
  return Object.assign(new Error(`No space left on device (os error 28)${call}`), { code: fault });
}
