/** A program that says when it is to stop, and goes on until it is killed: for the tests of signals. */

import { abortOnSignals } from "../../pipeline/cli/interrupt.ts";

const say = (word: string) => Deno.stdout.writeSync(new TextEncoder().encode(word + "\n"));
const signal = abortOnSignals(() => say("first"));
signal.addEventListener("abort", () => say("aborted"));
say("ready");
// Longer than any test, unless it is ended.
await new Promise((resolve) => setTimeout(resolve, 60_000));
