/** `deno task view` as a process. */

import { taskCommand } from "../../processes/task_command.ts";

/** A page that is served until it is disposed. */
export class OpenedView implements AsyncDisposable {
  readonly address: string;
  readonly pid: number;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess, address: string) {
    this.#process = process;
    [this.pid, this.address] = [process.pid, address];
  }

  /** Ends when the address is printed. */
  static async open(args: readonly string[]): Promise<OpenedView> {
    const process = taskCommand("view", args).spawn();
    return new OpenedView(process, await addressIn(process.stdout));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.stderr.cancel();
    await this.#process.status;
  }
}

async function addressIn(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const [address] = /http:\S+/.exec(text) ?? [];
    if (address !== undefined && text.includes("\n")) return address;
  }
  throw new Error(`The command has no address: ${text}`);
}
