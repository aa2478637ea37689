/** A process that answers each line of JSON on its standard input with one on its standard output. */

/** The process; dispose it to end it. */
export class LinePeer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;

  /** Starts a program, whose messages go to our standard error. */
  constructor(program: string, args: readonly string[]) {
    this.#process = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /**
   * Asks and waits for the answer.
   *
   * @throws {Error} If the process ends instead.
   */
  async ask<Answer>(question: object): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    let line = "";
    while (!line.endsWith("\n")) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error("The process has ended");
      line += value;
    }
    return JSON.parse(line) as Answer;
  }

  /** Ends the process at once, whatever it does; a question that waits fails. */
  kill(): void {
    endNow(this.#process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The pipe of a process that ended by itself is closed already.
    await this.#input.close().catch(() => {});
    await this.#process.status;
    await this.#output.cancel();
  }
}

/** Ends a process at once, if it has not ended by itself. */
export function endNow(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
