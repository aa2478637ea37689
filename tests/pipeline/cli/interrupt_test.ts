/** What signals do to a command. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../processes/task_command.ts";

const PROGRAM = join(ROOT, "tests", "processes", "interrupted_program.ts");
const ON_UNIX = { ignore: Deno.build.os === "windows" };

/** Runs the program, started by a shell's words, and sends it signals, each when it has said a word. */
async function sendTo(
  starter: string,
  signals: readonly (readonly [after: string, signal: Deno.Signal])[],
): Promise<{ said: string; signal: Deno.Signal | null; code: number }> {
  const args = ["-c", `${starter} exec "$0" run --allow-read "$1"`, Deno.execPath(), PROGRAM];
  await using process = new Deno.Command("sh", {
    ...{ args, stdin: "null", stdout: "piped", stderr: "inherit", env: { NO_COLOR: "1" } },
  }).spawn();
  let said = "";
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (const [after, signal] of signals) {
    while (!said.includes(after)) {
      const { value, done } = await reader.read();
      assert(!done, `it ended before it said ${after}: ${said}`);
      said += value;
    }
    process.kill(signal);
  }
  const { signal, code } = await process.status;
  for (let next = await reader.read(); !next.done; next = await reader.read()) said += next.value;
  return { said, signal, code };
}

Deno.test({
  name: "each signal to stop, a hang-up too, aborts once",
  ...ON_UNIX,
  async fn() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const { said } = await sendTo("", [["ready", signal], ["aborted", "SIGKILL"]]);
      assert.equal(said, "ready\nfirst\naborted\n", signal);
    }
  },
});

Deno.test({
  name: "a hang-up never ends a command on the spot, nor makes the next signal do so",
  ...ON_UNIX,
  async fn() {
    const { said, signal } = await sendTo("", [
      ["ready", "SIGHUP"],
      ["aborted", "SIGHUP"],
      ["aborted", "SIGTERM"],
      ["aborted", "SIGHUP"],
      ["aborted", "SIGKILL"],
    ]);
    assert.equal(said, "ready\nfirst\naborted\n");
    assert.equal(signal, "SIGKILL", "it was still at work");
  },
});

Deno.test({
  name: "under nohup a hang-up is nothing",
  ...ON_UNIX,
  async fn() {
    // What nohup does at a terminal.
    const nohup = 'trap "" HUP; exec 0>/dev/null;';
    const { said, signal } = await sendTo(nohup, [
      ["ready", "SIGHUP"],
      ["ready", "SIGTERM"],
      ["aborted", "SIGKILL"],
    ]);
    assert.equal(said, "ready\nfirst\naborted\n");
    assert.equal(signal, "SIGKILL");
  },
});
