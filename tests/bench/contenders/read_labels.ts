/**
 * Reads the label file that is its argument and prints what `../../peers/read_labels_pandas.py` prints:
 * the process that `dataset_bench.ts` measures.
 */

import { ATTRIBUTES, hasAttribute } from "../../../pipeline/face/attributes.ts";
import { readLabels } from "../../../pipeline/dataset/labels.ts";

const start = performance.now();
const { names, labels } = await readLabels(Deno.args[0] ?? "");
const seconds = (performance.now() - start) / 1000;
const positives = ATTRIBUTES.map((_, column) =>
  labels.reduce((sum, bits) => sum + Number(hasAttribute(bits, column)), 0)
);
const line = JSON.stringify({ seconds, rows: names.size, positives });
Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
