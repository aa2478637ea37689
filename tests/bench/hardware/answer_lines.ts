/** The other end of a measuring process: it answers each line of JSON on standard input with one. */

import { readLines } from "../../../pipeline/files/read_lines.ts";
import { print } from "../measuring.ts";

/**
 * Answers questions until there are no more, and ends the process. What `answer` throws is the answer
 * `{error}`.
 */
export async function answerLines<Question>(
  answer: (question: Question) => Promise<object>,
): Promise<never> {
  for await (const { text } of readLines(Deno.stdin.readable, "standard input")) {
    const answered = await answer(JSON.parse(text)).catch((error) => {
      return { error: error instanceof Error ? error.message : String(error) };
    });
    print(JSON.stringify(answered));
  }
  Deno.exit();
}
