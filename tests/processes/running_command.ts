/** A command as a process between other programs, for tests of slow and stuck readers. */

import { taskCommand, type TaskName } from "./task_command.ts";

/** Waits. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Whether there is `ps`, which tells what a process uses; the system shows it to no Deno without all rights. */
export const hasPs: boolean = await new Deno.Command("ps", { stdout: "null" }).output()
  .then(({ success }) => success, () => false);

if (!hasPs) {
  const line = "NO PS: there is no ps(1) here, so the tests of stuck readers are SKIPPED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** What is read of a line on stdout. */
interface Line {
  readonly image: string;
  readonly rejected?: string | null;
}

/** A process whose stdout is read only when that is asked for. */
export class RunningCommand {
  readonly process: Deno.ChildProcess;
  readonly #spoken = Promise.withResolvers<void>();
  readonly #err: Promise<string>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(task: TaskName, args: readonly string[], stdin: "null" | "piped" = "null") {
    const permitted = taskCommand(task, args, {}, stdin);
    this.process = permitted.spawn();
    this.#err = this.#listen();
    this.#reader = this.process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits until it says something on stderr: it has started. */
  speaks(): Promise<void> {
    return this.#spoken.promise;
  }

  /** Reads its first words, and no more until it does nothing; returns the MiB that it then has. */
  async stuck(): Promise<number> {
    this.#text = (await this.#reader.read()).value ?? "";
    let before = "";
    while (true) {
      const args = ["-o", "cputimes=,rss=", "-p", String(this.process.pid)];
      const { stdout } = await new Deno.Command("ps", { args }).output();
      const [seconds, kibibytes] = new TextDecoder().decode(stdout).trim().split(/\s+/);
      if (seconds === before) return Number(kibibytes) / 1024;
      before = seconds!;
      await pause(1500);
    }
  }

  /** All that it has written, as objects. */
  async lines(): Promise<Line[]> {
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) {
      this.#text += next.value;
    }
    return this.#text.trimEnd().split("\n").map((line) => JSON.parse(line));
  }

  /** Reads no more. */
  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  /** How it ends; whatever is left on stdout is not read. */
  async end(): Promise<{ code: number; err: string }> {
    const { code } = await this.process.status;
    return { code, err: await this.#err };
  }

  async #listen(): Promise<string> {
    let text = "";
    for await (const part of this.process.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      this.#spoken.resolve();
    }
    return text;
  }
}
