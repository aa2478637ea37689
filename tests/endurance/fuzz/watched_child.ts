/** A process that reads hostile files, and what ends it when it hangs. */

import { fileURLToPath } from "node:url";
import { readLines } from "../../../pipeline/files/read_lines.ts";
import type { Answer, Job } from "./child.ts";

/** How a process is watched. */
export interface ChildOptions {
  /** A case that takes longer than this hangs, in milliseconds; 5,000 by default. */
  readonly patience?: number;
  /** The program that reads the cases; `child.ts` by default. */
  readonly child?: string;
}

/** What a process takes to start, and a format to make its files, in milliseconds. */
const START = 60_000;

/** A process at work, and the clock beside it. */
export class Child {
  readonly #process: Deno.ChildProcess;
  #clock: ReturnType<typeof setTimeout> | undefined;
  #reason: string | null = null;
  readonly #patience: number;

  constructor(
    room: string,
    jobs: readonly Job[],
    { patience = 5000, child = CHILD }: ChildOptions,
  ) {
    this.#patience = patience;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", child, room],
      env: { XDG_RUNTIME_DIR: room },
      ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
    }).spawn();
    this.starts();
    const text = jobs.map((job) => JSON.stringify(job) + "\n").join("");
    // One that dies at once does not read this.
    new Blob([text]).stream().pipeTo(this.#process.stdin).catch(() => {});
  }

  /** The lines that it writes; a text where one is no answer. */
  async *answers(): AsyncGenerator<Answer | string> {
    for await (const { text } of readLines(this.#process.stdout, "the child")) {
      if (this.#reason !== null) return;
      this.#expect(this.#patience, `it hangs for more than ${this.#patience / 1000} s`);
      yield answerIn(text);
    }
  }

  /** Leaves it the time to begin a format. */
  starts(): void {
    this.#expect(START, `it does not start within ${START / 1000} s`);
  }

  /** Why it ended, once it has. */
  async ending(): Promise<string> {
    const { code, signal } = await this.#process.status;
    clearTimeout(this.#clock);
    return this.#reason ?? `the process ended (${signal ?? `exit code ${code}`})`;
  }

  #expect(milliseconds: number, otherwise: string): void {
    clearTimeout(this.#clock);
    this.#clock = setTimeout(() => this.stop(otherwise), milliseconds);
  }

  /** Ends it. */
  stop(reason: string): void {
    this.#reason ??= reason;
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

function answerIn(line: string): Answer | string {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return line;
  }
}
