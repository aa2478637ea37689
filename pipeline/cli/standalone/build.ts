/**
 * `deno task compile`: the whole program as one file, `dist/attparsenet`, which needs neither Deno nor Node
 * nor a network.
 *
 * `deno compile` makes it where its runtime, denort, can be had: from the network, from Deno's cache or by
 * `DENORT_BIN`. Where it cannot, the Deno executable at hand is joined with the program's modules.
 */

import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeFile } from "../../files/write_file.ts";
import { MAIN_MODULE } from "../../files/standalone.ts";
import { permissionFlags } from "../permissions.ts";
import { PROGRAM } from "../program.ts";
import { tell } from "../terminal/tell.ts";
import { bundleBoot, bundleProgram, PROJECT, runDeno, STARTED_BY_NAME } from "./bundle.ts";
import { joinExecutable } from "./executable.ts";
import { checkMade, executablePath } from "./made_file.ts";
import { packPayload } from "./payload.ts";

export type Made = "deno compile" | "joined";

interface BuildOptions {
  readonly out: string;
  /** `deno compile`'s name of a platform; null for this one. */
  readonly target: string | null;
  /** A Deno executable to join with; null for the one that runs. */
  readonly deno: string | null;
  /** Whether to join without asking for denort. */
  readonly join: boolean;
}

/** The program's modules by their names. */
type Modules = ReadonlyMap<string, Uint8Array>;

/**
 * Makes the file.
 *
 * @throws {Error} If it can be made in neither way.
 */
export async function build(
  options: BuildOptions,
  say: (line: string) => void = () => {},
  modules: Promise<Modules> = bundleProgram(),
): Promise<Made> {
  const files = await modules;
  if (!options.join && options.deno === null) {
    try {
      await compileChecked(options, files);
      return "deno compile";
    } catch (error) {
      say(`deno compile cannot: ${reasonOf((error as Error).message)}`);
      if (options.target !== null) {
        const how = "name a Deno executable of that platform by --deno FILE to join it instead";
        throw new Error(`There is no file for ${options.target}; ${how}`, { cause: error });
      }
    }
  }
  await joinWith(options.deno ?? Deno.execPath(), options.out, files);
  return "joined";
}

/**
 * Runs `deno compile` and checks the result: for another platform by its bytes, else by its `--version`,
 * which a wrong `DENORT_BIN` does not answer.
 *
 * @throws {Error} If that is not the program.
 */
async function compileChecked(options: BuildOptions, files: Modules): Promise<void> {
  await compile(options, files);
  const { out, target } = options;
  try {
    checkMade(await Deno.readFile(out), target ?? Deno.build.target, [
      MAIN_MODULE,
      ...STARTED_BY_NAME,
    ]);
    if (target !== null) return;
    const { stdout } = await new Deno.Command(out, { args: ["--version"], stdin: "null" }).output();
    const said = new TextDecoder().decode(stdout).trim();
    if (said !== PROGRAM.version) {
      throw new Error(`the file is not the program: it says "${said.split("\n")[0]}"`);
    }
  } catch (error) {
    await Deno.remove(out);
    throw error;
  }
}

/** The innermost sentence that says more than "caused by". */
function reasonOf(message: string): string {
  const [, reason] = /^ +1: (.*)$/m.exec(message) ?? /^error: (.*)$/m.exec(message) ?? [];
  return reason ?? message;
}

async function compile({ out, target }: BuildOptions, files: Modules): Promise<void> {
  await Deno.mkdir(dirname(out), { recursive: true });
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
    const options = [...ALONE, ...PERMISSIONS, "--no-check", "--output", out];
    if (target !== null) options.push("--target", target);
    const included = STARTED_BY_NAME.flatMap((name) => ["--include", name]);
    await runDeno(folder, "compile", ...options, ...included, MAIN_MODULE);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function joinWith(deno: string, out: string, files: Modules): Promise<void> {
  const executable = await Deno.readFile(deno);
  const boot = await bundleBoot();
  const module = "data:text/javascript," + encodeURIComponent(boot);
  const joined = joinExecutable(executable, packPayload(files), (payloadAt) => ({
    args: ["run", ...ALONE, ...PERMISSIONS, `${module}#${payloadAt}`],
    env: ENVIRONMENT,
  }));
  await writeFile(out, joined);
  // A file of Linux that is made on Windows gets its mode where it is unpacked.
  if (Deno.build.os !== "windows") await Deno.chmod(out, 0o755);
}

/** Those of all commands together; each gives up what it does not need. */
const PERMISSIONS = permissionFlags(PROGRAM.commands.flatMap(({ needs }) => needs));

/** Nothing that lies in the user's folders or on the network changes what runs. */
const ALONE = [
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--node-modules-dir=none",
] as const;

/**
 * The same for environment variables. Without a cache folder Deno would warn on a terminal at every start.
 */
const ENVIRONMENT = [
  "DENO_NO_UPDATE_CHECK=1",
  "DENO_NO_PACKAGE_JSON=1",
  "DENO_DIR=/dev/null/none",
  "DENO_LOG=error,deno::cache::cache_db=off",
] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    // `deno task compile -- --join` hands the separator on.
    args: Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args,
    options: {
      out: { type: "string", default: join(PROJECT, "dist", "attparsenet") },
      target: { type: "string" },
      deno: { type: "string" },
      join: { type: "boolean", default: false },
    },
  });
  const { target = null, deno = null } = values;
  const out = executablePath(resolve(values.out), target);
  const made = await build({ ...values, out, target, deno }, tell);
  const { size } = await Deno.stat(out);
  const how = made === "joined" ? "the Deno executable joined with the program" : "by deno compile";
  tell(`${out}: ${(size / 2 ** 20).toFixed(0)} MiB, ${how}`);
  if (target === null && deno === null) {
    tell(`--help answers in ${(await startSeconds(out)).toFixed(2)} s`);
  }
}

/** The median time of five starts, in seconds. */
async function startSeconds(program: string): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    const { success, stderr } = await new Deno.Command(program, { args: ["--help"] }).output();
    if (!success) throw new Error(`It does not run: ${new TextDecoder().decode(stderr)}`);
    times.push((performance.now() - start) / 1000);
  }
  return times.sort((a, b) => a - b)[2]!;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    tell(`Error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
