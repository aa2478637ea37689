/**
 * The local page.
 *
 * scrolling: a data set of any size: seconds from the command's start to its address, and to the first grid in
 * sight; frames a second while the grid scrolls at several speeds; and MiB of the server. The browser draws without
 * a graphics card, as it does in tests, so frames are fewer than elsewhere.
 *
 * watching: what a run loses that trains on the sample while `view` is open, and while a page shows it: rate and
 * time, and the processor time of each process, in percent of training alone. Its epochs take seconds, and each is
 * looked at: of longer ones the share is less. Needs Linux.
 *
 * `--parts scrolling,watching` (both), `--dataset DIR` and `--landmarks FILE` (the sample), `--rounds N` (5):
 * medians are printed; with `--json` the last line is all results. Needs Chromium.
 */

import "../../pipeline/cli/environment.ts";
import { parseArgs } from "node:util";
import { chromium } from "../contexts/browser_context.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../contexts/train_context.ts";
import { print } from "./measuring.ts";
import { type Figures, inRounds } from "./view/rounds.ts";
import { measureScrolling } from "./view/scrolling.ts";
import { measureWatching } from "./view/watched_training.ts";

const { values } = parseArgs({
  options: {
    parts: { type: "string", default: "scrolling,watching" },
    dataset: { type: "string", default: SAMPLE },
    landmarks: { type: "string", default: SAMPLE_LANDMARKS },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});

const PARTS: Readonly<Record<string, (round: number) => Promise<Figures>>> = {
  scrolling: () => measureScrolling(["--dataset", values.dataset, "--landmarks", values.landmarks]),
  watching: measureWatching,
};

if (chromium === null) throw new Error("Chromium is needed");
const figures: Figures = {};
for (const part of values.parts.split(",")) {
  const measure = PARTS[part];
  if (!measure) throw new RangeError(`There is no part ${part}: ${Object.keys(PARTS).join(", ")}`);
  Object.assign(figures, await inRounds(Number(values.rounds), measure));
}
if (values.json) print(JSON.stringify(figures));
