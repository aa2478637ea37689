/** Work of the program beside training in a process of its own: `{what}` is answered with what was measured. */

import "../../../pipeline/cli/environment.ts";
import { answerLines } from "./answer_lines.ts";
import { loss, masks, type Measured, predict, predictor } from "./other_work.ts";

const WORK: Readonly<Record<string, () => Promise<Measured>>> = { masks, loss, predictor, predict };

if (import.meta.main) {
  await answerLines(({ what }: { readonly what: string }) => WORK[what]!());
}
