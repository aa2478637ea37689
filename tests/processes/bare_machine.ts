/**
 * A machine with nothing on it but one program and the C libraries that it names: a folder as root, another
 * user, no network. It needs root and Linux; elsewhere the program runs as it is, with an empty environment.
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type Outcome, outcomeOf } from "./task_command.ts";

/** Nobody, on most Linux systems. */
const USER = 65534;

/** The libraries that Deno wants, and the loader: "libm.so.6 => /lib/libm.so.6 (0x…)". */
const LIBRARY = /(\/\S+) \(0x/g;

/** A machine on which one program can be run. Dispose it to remove its files. */
export class BareMachine implements AsyncDisposable {
  /** What the program sees as its root, or "" where it sees everything. */
  readonly root: string;
  /** Its working directory, as it sees it. */
  readonly home: string;
  readonly #program: string;
  readonly #folder: string;

  private constructor(folder: string, isBare: boolean) {
    this.#folder = folder;
    this.root = isBare ? folder : "";
    // Read only; blanks and letters beyond ASCII, as users have them.
    this.#program = `${isBare ? "" : folder}/opt/Ünsere Programme/attparsenet`;
    this.home = `${isBare ? "" : folder}/home/some body/Gesichter ☺`;
  }

  /** A machine with a copy of the program. */
  static async make(program: string): Promise<BareMachine> {
    const folder = await Deno.makeTempDir({ prefix: "attparsenet_machine_" });
    const machine = new BareMachine(folder, await canBeBare());
    const copy = join(machine.root, machine.#program);
    for (const path of [dirname(copy), join(machine.root, machine.home), join(folder, "tmp")]) {
      await Deno.mkdir(path, { recursive: true });
    }
    await Deno.copyFile(program, copy);
    await Deno.chmod(copy, 0o555);
    await Deno.chmod(dirname(copy), 0o555);
    if (machine.root !== "") await machine.#furnish(program);
    return machine;
  }

  async #furnish(program: string): Promise<void> {
    await Deno.chmod(this.root, 0o755);
    await Deno.chown(join(this.root, this.home), USER, USER);
    for (const folder of ["proc", "dev", "tmp"]) {
      await Deno.mkdir(join(this.root, folder), { recursive: true });
    }
    const { out } = await output("ldd", [program]);
    for (const [, library = ""] of out.matchAll(LIBRARY)) {
      await Deno.mkdir(join(this.root, dirname(library)), { recursive: true });
      await Deno.copyFile(library, join(this.root, library));
    }
  }

  /** Runs the program in the home folder. */
  async run(...args: string[]): Promise<Outcome> {
    if (this.root === "") {
      return await output(this.#program, args, { cwd: this.home, clearEnv: true });
    }
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc"];
    const place = ["--root", this.root, "--wd", this.home, "-S", `${USER}`, "-G", `${USER}`];
    return await output("unshare", [...namespaces, ...place, this.#program, ...args], {
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin" },
    });
  }

  /** Runs what must work; returns the object of the last line on stdout. */
  async result(...args: string[]): Promise<Record<string, unknown>> {
    const { code, out, err } = await this.run(...args, "--json");
    assert.equal(code, 0, err);
    return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  }

  /** The path of a file in the home folder, as this process sees it. */
  path(...names: string[]): string {
    return join(this.root, this.home, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Whether this process may make namespaces; says so where it may not. */
async function canBeBare(): Promise<boolean> {
  const isLinux = Deno.build.os === "linux";
  const code = isLinux ? (await output("unshare", ["--net", "--mount", "true"])).code : 1;
  if (code !== 0) {
    const line =
      "NO NAMESPACES: the standalone program is tested with all of this machine around it.\n";
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  }
  return code === 0;
}

/** Runs a program; one that is not there has ended with code 127, as in a shell. */
async function output(
  program: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<Outcome> {
  try {
    const command = new Deno.Command(program, { ...options, args: [...args], stdin: "null" });
    return await outcomeOf(command);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, out: "", err: error.message };
  }
}
