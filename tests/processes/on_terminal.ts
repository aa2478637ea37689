/**
 * Commands on a pseudo-terminal: what is left on its screen must be what they write into a pipe, no more and
 * no less, however wide it is.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { writeSmallConfig } from "../endurance/faults/small_dataset.ts";
import { Screen } from "./screen.ts";
import { ROOT } from "./task_command.ts";

/** Whether there is a `script` that takes a command, as on Linux; says so where there is none. */
export const hasTerminals: boolean = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);

if (!hasTerminals) {
  const line =
    "NO SCRIPT: there is no script(1) of util-linux, so tests of terminals are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** The words that start the program before a command's name, and the exit code that is expected of it. */
type Line = readonly [code: number, ...words: string[]];

/** Every command on small data, in an order in which each finds what it needs; and some that fail. */
function linesIn(folder: string): Line[] {
  const at = (...names: string[]) => join(folder, ...names);
  const points = at("faces", "Anno", "list_landmarks_68.csv");
  const labels = at("faces", "Anno", "list_attr_celeba.txt");
  const images = at("faces", "Img", "img_align_celeba");
  const [dataset, run] = [at("faces"), at("run")];
  const wasm = ["--backend", "wasm"];
  const small = ["--config", at("..", "config.json"), ...wasm];
  const placing = ["--detector", "tiny", "--predictor", "face-api"];
  const given = ["--dataset", dataset, "--landmarks", points];
  return [
    [0, "train", "--help"],
    [0, "completions", "bash"],
    [2, "sample", "--cuont", "3"],
    [0, "sample", "--count", "8", "--out", dataset],
    [0, "landmarks", "--dataset", dataset, "--out", at("points.csv"), ...placing, ...wasm],
    [0, "segments", "--landmarks", points, "--attributes", labels, "--out", at("masks")],
    [0, "train", ...given, ...small, "--out", run],
    [1, "train", ...given, ...small, "--out", run],
    [0, "evaluate", "--run", run, ...given, "--split", "train", ...wasm],
    [0, "predict", "--run", run, images, ...wasm],
    [0, "predict", "--run", run, images, ...wasm, "--out", at("said.csv"), "--maps", at("where")],
    [1, "predict", "--run", run, at("nowhere.jpg"), ...wasm],
    [0, "report", "--run", run],
    [0, "compare", run, run],
    [0, "pipeline", "--dataset", dataset, "--out", at("all"), ...small, ...placing],
    [0, "doctor"],
  ];
}

/** Runs all commands into pipes and on terminals, and throws at the first screen that is not as it should be. */
export class TerminalTrial implements AsyncDisposable {
  readonly #program: readonly string[];
  readonly #folder: string;
  readonly #piped = new Map<string, Set<string>>();
  readonly #most: number;
  #piping: Promise<void> = Promise.resolve();
  #runs = 0;

  private constructor(program: readonly string[], folder: string, most: number) {
    this.#program = program;
    this.#folder = folder;
    this.#most = most;
  }

  /**
   * @param program The words before a command's name, such as `deno task`.
   * @param most Commands that are run, of all by default; the first ones need no training.
   */
  static async make(program: readonly string[], most = Infinity): Promise<TerminalTrial> {
    const folder = await Deno.makeTempDir({ prefix: "attparsenet_terminal_" });
    await writeSmallConfig(join(folder, "config.json"));
    const trial = new TerminalTrial(program, folder, most);
    trial.#piping = trial.#each(async ([code, ...words], key) => {
      const { out, err } = await outcome(code, [...program, ...words]);
      trial.#piped.set(key, wordsOf([...out.split("\n"), ...err.split("\n")]));
    });
    return trial;
  }

  /**
   * Runs all commands on terminals, the first time while they run into pipes; `columns` says how wide the
   * terminal is for each.
   */
  async run(columns: (index: number) => number): Promise<void> {
    const screens: { width: number; key: string; lines: readonly string[] }[] = [];
    const showing = this.#each(async ([code, ...words], key) => {
      const width = columns(screens.length);
      const typed = [...this.#program, ...words].map(quoted).join(" ");
      const command = `stty cols ${width}; ${typed}`;
      const { out } = await outcome(code, ["script", "-qec", command, "/dev/null"]);
      const screen = new Screen(width);
      screen.write(out);
      screens.push({ width, key, lines: screen.lines });
    });
    for (const ended of await Promise.allSettled([this.#piping, showing])) {
      if (ended.status === "rejected") throw ended.reason;
    }
    for (const { width, key, lines } of screens) {
      const what = `${width} columns, ${key}:\n${lines.join("\n")}`;
      assert.deepEqual(wordsOf(lines), this.#piped.get(key), what);
    }
  }

  /** All commands in a new folder. */
  async #each(act: (line: Line, key: string) => Promise<void>): Promise<void> {
    // Letters that are two columns wide, as users have them.
    const folder = join(this.#folder, `顔と ${this.#runs++}`);
    await Deno.mkdir(folder);
    for (const line of linesIn(folder).slice(0, this.#most)) {
      await act(line, line.join(" ").replaceAll(folder, ""));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Runs a program that must end with a code. */
async function outcome(
  code: number,
  [program, ...args]: readonly string[],
): Promise<{ out: string; err: string }> {
  const command = new Deno.Command(program!, {
    args,
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const ended = await command.output();
  const [out, err] = [ended.stdout, ended.stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(ended.code, code, `${program} ${args.join(" ")}:\n${out}${err}`);
  return { out: out!, err: err! };
}

/** The last line of a piece of work, whose times differ; and what only a pipe has of it before. */
const DONE = /^(\w+: \d+ \w+) in .*/, UNDER_WAY = /^\w+: \d+ (of \d+ )?\w+, /;

/** All words of some lines, with a 0 for every number, but for rules of tables. */
function wordsOf(lines: readonly string[]): Set<string> {
  const words = lines.filter((line) => !UNDER_WAY.test(line))
    .flatMap((line) => line.replace(DONE, "$1").trim().split(/\s+/));
  return new Set(
    words.map((word) => word.replace(/\d+/g, "0")).filter((word) => !/^─*$/.test(word)),
  );
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
