/**
 * Programs in Python that tests and benchmarks compare with: scripts in `peers/` that read what they
 * are given from standard input and answer on standard output.
 */

import assert from "node:assert/strict";
import { join } from "node:path";

/** Debian's python3 has Debian's packages; another one first on the path may have none. */
const PYTHONS = ["python3", "/usr/bin/python3"];

const FOLDER = join(import.meta.dirname ?? ".", "..", "peers");

/** A Python that has a module, or null; the module is looked for, not loaded. */
export async function findPython(module: string): Promise<string | null> {
  const probe = `import importlib.util as i, sys; sys.exit(i.find_spec("${module}") is None)`;
  for (const python of PYTHONS) {
    try {
      const command = new Deno.Command(python, {
        args: ["-c", probe],
        stdout: "null",
        stderr: "null",
      });
      if ((await command.output()).success) return python;
    } catch (error) {
      const absent = error instanceof Deno.errors.NotFound;
      if (!absent && !(error instanceof Deno.errors.NotCapable)) throw error;
    }
  }
  return null;
}

/** The version that a module says it is of, or null. */
export async function versionIn(python: string, module: string): Promise<string | null> {
  const args = ["-c", `import ${module}; print(${module}.__version__)`];
  const { success, stdout } = await new Deno.Command(python, { args, stderr: "null" }).output();
  return success ? new TextDecoder().decode(stdout).trim() : null;
}

/** The arguments that make Python run a script of `peers/`, which leaves no compiled files there. */
export function peerArguments(script: string): string[] {
  return ["-B", join(FOLDER, script)];
}

/**
 * Runs a script of `peers/` on the given input.
 *
 * @returns What it wrote to standard output.
 */
export function runPeer(
  python: string,
  script: string,
  input: Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer>> {
  return runProcess(python, peerArguments(script), input);
}

/** The same of any program. */
export async function runProcess(
  program: string,
  args: string[],
  input: Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer>> {
  const command = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  await using process = command.spawn();
  const [, output] = await Promise.all([
    ReadableStream.from(input).pipeTo(process.stdin),
    process.output(),
  ]);
  assert(output.success, `${args.at(-1)} failed: ${new TextDecoder().decode(output.stderr)}`);
  return output.stdout;
}

/** The bytes of an array, for {@linkcode runPeer}. */
export function bytesOf(array: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
