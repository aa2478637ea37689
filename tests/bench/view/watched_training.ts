/** What a training run loses by being watched: trained alone, with `view` open, and with a page that shows it. */

import { join } from "node:path";
import { Browser, type Page } from "../../contexts/browser_context.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { outcomeOf, taskCommand } from "../../processes/task_command.ts";
import { parseLog } from "../../../pipeline/report/training_log.ts";
import { OpenedView } from "./opened_view.ts";
import { processes, secondsBelow, threads } from "./processor_times.ts";
import type { Figures } from "./rounds.ts";

/** The sample, whatever else is measured: each epoch is validated, and looked at by the page. */
const DATA = ["--dataset", SAMPLE, "--landmarks", SAMPLE_LANDMARKS];
/** Some 40 s on two cores. */
const EPOCHS = 10;
/** Milliseconds in which what has been opened comes to rest. */
const REST = 3000;

/** A run that has ended. */
interface Trained {
  readonly imagesPerSecond: number;
  /** From the command's start to its end. */
  readonly seconds: number;
  /** Seconds of processor time of `train`. */
  readonly processor: number;
}

/** Seconds of processor time. */
interface Watching {
  /** The server without the next. */
  readonly server: number;
  /** The server's threads that show faces to networks. */
  readonly networks: number;
  readonly browser: number;
}

interface Watched {
  readonly trained: Trained;
  readonly watching: Watching;
}

/** Who watches. */
const WAYS = ["alone", "view", "page"] as const;
type Way = typeof WAYS[number];

/**
 * Trains in each way; shares are in percent of what training alone takes.
 *
 * @param round Whichever way comes first in one round is another one in the next: the last may meet a warmer machine.
 */
export async function measureWatching(round: number): Promise<Figures> {
  const folder = await Deno.makeTempDir();
  try {
    const watched = new Map<Way, Watched>();
    for (let i = 0; i < WAYS.length; i++) {
      const way = WAYS[(round + i) % WAYS.length]!;
      watched.set(way, await trainWatched(folder, way));
    }
    const alone = watched.get("alone")!;
    return {
      "alone, images/s": alone.trained.imagesPerSecond,
      "alone, s": alone.trained.seconds,
      "alone, s of processor time": alone.trained.processor,
      ...sharesOf("view, no page", watched.get("view")!, alone),
      ...sharesOf("view and page", watched.get("page")!, alone),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function trainWatched(folder: string, way: Way): Promise<Watched> {
  if (way === "alone") {
    return { trained: await train(folder, way), watching: { server: 0, networks: 0, browser: 0 } };
  }
  await using view = await OpenedView.open(["--dataset", SAMPLE, "--run", folder]);
  if (way === "view") return await watched(view, null, () => train(folder, way));
  await using browser = Browser.open();
  const page = browser.page();
  await page.go(`${view.address}#/runs`);
  await page.waitForText("Runs");
  return await watched(view, browser, async () => {
    const trained = train(folder, way);
    await Promise.race([trained, goWhenThere(page, way)]);
    return await trained;
  });
}

/** Goes to the page of a run as soon as it has begun. */
function goWhenThere(page: Page, run: string): Promise<void> {
  return page.evaluate(async (run) => {
    let runs: readonly { name: string }[] = [];
    while (!runs.some(({ name }) => name === run)) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      runs = await (await fetch("api/runs")).json();
    }
    location.hash = `#/run/${run}`;
  }, run);
}

async function train(folder: string, name: string): Promise<Trained> {
  const out = join(folder, name);
  const before = await secondsOfEnded();
  const start = performance.now();
  const settings = ["--out", out, "--backend", "wasm", "--epochs", `${EPOCHS}`, "--quiet"];
  const { code, err } = await outcomeOf(taskCommand("train", [...DATA, ...settings]));
  if (code !== 0) throw new Error(err);
  const seconds = (performance.now() - start) / 1000;
  const processor = await secondsOfEnded() - before;
  const path = join(out, "log.ndjson");
  const { epochs } = parseLog(await Deno.readTextFile(path), path);
  const inEpochs = epochs.reduce((sum, epoch) => sum + epoch.seconds!, 0);
  const images = epochs.reduce((sum, epoch) => sum + epoch.seconds! * epoch.imagesPerSecond!, 0);
  return { imagesPerSecond: images / inEpochs, seconds, processor };
}

/** Seconds of all commands that have ended. */
async function secondsOfEnded(): Promise<number> {
  return (await processes()).find(({ id }) => id === Deno.pid)!.ofEnded;
}

async function watched(
  view: OpenedView,
  browser: Browser | null,
  work: () => Promise<Trained>,
): Promise<Watched> {
  const look = async (): Promise<Watching> => {
    const all = await threads(view.pid);
    const networks = secondsOf(all.filter(({ name }) => name.startsWith("worker")));
    const server = secondsOf(all) - networks;
    return { server, networks, browser: browser ? await secondsBelow(browser.pid) : 0 };
  };
  await new Promise((resolve) => setTimeout(resolve, REST));
  const before = await look();
  const trained = await work();
  const after = await look();
  const watching = {
    server: after.server - before.server,
    networks: after.networks - before.networks,
    browser: after.browser - before.browser,
  };
  return { trained, watching };
}

function secondsOf(all: readonly { seconds: number }[]): number {
  return all.reduce((sum, { seconds }) => sum + seconds, 0);
}

function sharesOf(
  what: string,
  { trained, watching }: Watched,
  { trained: alone }: Watched,
): Figures {
  const share = (seconds: number) => 100 * seconds / alone.processor;
  return {
    [`${what}: images/s, %`]: 100 * trained.imagesPerSecond / alone.imagesPerSecond,
    [`${what}: time, %`]: 100 * trained.seconds / alone.seconds,
    [`${what}: training's processor time, %`]: share(trained.processor),
    [`${what}: server's, %`]: share(watching.server),
    [`${what}: networks', %`]: share(watching.networks),
    ...(watching.browser > 0 && {
      [`${what}: browser's, %`]: share(watching.browser),
    }),
  };
}
