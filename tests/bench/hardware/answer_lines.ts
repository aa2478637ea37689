/**
 * The other end of a measuring process: it answers each line of JSON on standard input with one.
 *
 * @module
 */

import { print } from "../measuring.ts";

/**
 * Answers questions until there are no more, and ends the process. What `answer` throws is the answer
 * `{error}`.
 */
export async function answerLines<Question>(
  answer: (question: Question) => Promise<object>,
): Promise<never> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const answered = await answer(JSON.parse(line)).catch((error) => {
        return { error: error instanceof Error ? error.message : String(error) };
      });
      print(JSON.stringify(answered));
    }
  }
  Deno.exit();
}
