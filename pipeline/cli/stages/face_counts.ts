/** What stages made of the faces, told to the user. */

import type { Dataset } from "../../dataset.ts";
import { countText, type FaceCount } from "../../face/face_count.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Says of each stage how many faces came, how many go on, and why the others do not. */
export function tellCounts(counts: readonly FaceCount[], terminal: Terminal): void {
  for (const count of counts) terminal.note(countText(count));
}

/** What became of a data set's images where its files are joined; says where some are lost. */
export function datasetCounts({ labelled, placed }: Dataset, terminal: Terminal): FaceCount[] {
  const counts = [labelled.images, placed];
  tellLosses(counts, terminal);
  return counts;
}

/** Says it of the stages that lose some. */
export function tellLosses(counts: readonly FaceCount[], terminal: Terminal): void {
  tellCounts(counts.filter(({ faces, used }) => used < faces), terminal);
}
