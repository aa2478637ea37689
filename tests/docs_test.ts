/**
 * The pages and doc comments say what is so: files, links, tasks and options that they name are there, and
 * the main entries have examples. That these run is `deno task test`'s own work (`--doc`), but for those of the
 * kernels, which run here in a process of their own.
 */

import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path/posix";
import config from "../deno.json" with { type: "json" };
import { flagOf } from "../pipeline/cli/command.ts";
import { parseArguments } from "../pipeline/cli/parse_arguments.ts";
import { PROGRAM } from "../pipeline/cli/program.ts";
import { exists } from "../pipeline/files/write_file.ts";
import { encodePng, readImage } from "../pipeline/image/image.ts";
import { readLandmarks } from "../pipeline/landmarks.ts";
import { drawContactSheet, type OverlayFace } from "../pipeline/segments.ts";
import { ROOT } from "./processes/task_command.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "./contexts/train_context.ts";

/** As `deno task test` has it. */
const PRELOAD = "--preload=pipeline/cli/environment.ts";

const PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...await pagesBelow("docs")];

/** A README is read at once; what is longer belongs on a page. */
const README_LINES = 150;

async function pagesBelow(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(ROOT, folder)));
  return entries.map(({ name }) => `${folder}/${name}`).filter((name) => name.endsWith(".md"))
    .sort();
}

/** Paths of the project in code spans; those with a placeholder are none. */
function pathsIn(page: string): string[] {
  const words = [...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code!.split(/\s+/));
  const own = /^(?:\.ci|data|docs|kernels|pipeline|tests)\/[\w./-]*$|^[\w-]+\.(?:ts|md|json)$/;
  return words.filter((word) => own.test(word) && !/NAME|^FILE/.test(word) && !OTHERS.has(word));
}

/** Links to files of the project, from its folder, with the section if there is one: `docs/data.md#celeba`. */
function linksIn(page: string, name: string): string[] {
  const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => !/^https?:/.test(link)).map((link) =>
    link.startsWith("#") ? name + link : normalize(join(dirname(name), link))
  );
}

/** The names of a page's sections in links. */
function sectionsIn(page: string): string[] {
  const titles = page.replace(/^```[^]*?^```/gm, "").matchAll(/^#+ (.+)$/gm);
  return [...titles].map(([, title]) =>
    title!.toLowerCase().replace(/(?<!\w)_|_(?!\w)|[^\w -]/g, "").replaceAll(" ", "-")
  );
}

/** Whether a link leads to a file, and to a section that it has. */
async function leadsSomewhere(link: string): Promise<boolean> {
  const [path = "", section] = link.split("#");
  if (!await exists(ROOT, path)) return false;
  return section === undefined ||
    sectionsIn(await Deno.readTextFile(join(ROOT, path))).includes(section);
}

/** Names of files that the program writes or the user has. */
const OTHERS = new Set([
  ...[
    "config.json",
    "metrics.json",
    "model.json",
    "samples.json",
    "extremes.json",
    "mine.json",
    "card.json",
  ],
  ...["cli.ts", "occlusion.json", "segments.json", "shards.json", "unfinished.json"],
]);

/** A command line of a page: the task and the flags that it is given. */
interface TaskLine {
  readonly task: string;
  readonly flags: readonly string[];
}

/** What follows `deno task`, up to the end of the line, the code span, the comment or the pipe. */
function taskLinesIn(page: string): TaskLine[] {
  const joined = page.replace(/\\\n\s*/g, " ");
  const lines = joined.matchAll(/deno(?:@[\d.]+)? task ([a-z]+)([^\n`#|;<]*)/g);
  return [...lines].map(([, task, rest]) => ({
    task: task!,
    flags: rest!.match(/(?<=\s)--[a-z][\w-]*/g) ?? [],
  }));
}

/** What is wrong with a task line; null if nothing is. Options of benchmarks are their own. */
function faultOf({ task, flags }: TaskLine): string | null {
  if (!Object.hasOwn(config.tasks, task)) return `there is no task ${task}`;
  const command = PROGRAM.commands.find(({ name }) => name === task);
  if (!command) return null;
  const known = [...Object.keys({ ...command.options, ...PROGRAM.common }).map(flagOf), "--help"];
  const unknown = flags.find((flag) => !known.includes(flag));
  return unknown === undefined ? null : `${task} has no ${unknown}`;
}

for (const name of PAGES) {
  Deno.test(`what ${name} names is there: files, links, tasks, options`, async () => {
    const page = await Deno.readTextFile(join(ROOT, name));
    for (const path of pathsIn(page)) assert(await exists(ROOT, path), `there is no ${path}`);
    for (const link of linksIn(page, name)) assert(await leadsSomewhere(link), `no ${link}`);
    assert.deepEqual(taskLinesIn(page).map(faultOf).filter((fault) => fault !== null), []);
  });
}

Deno.test("the README is short, and links to every page", async () => {
  const page = await Deno.readTextFile(join(ROOT, "README.md"));
  assert(page.split("\n").length <= README_LINES + 1);
  const linked = linksIn(page, "README.md").map((link) => link.replace(/#.*/, ""));
  assert.deepEqual(PAGES.filter((name) => name !== "README.md" && !linked.includes(name)), []);
});

Deno.test("what a page names wrongly is found", async () => {
  const page =
    "See `pipeline/gone.ts`, [a map](../tests/map.md), `x.json`, and `kernels/NAME.ts`.\n\n" +
    "[Here](#gone), [there](../README.md#two-commands), [and there](../README.md#gone)\n\n" +
    "```sh\ndeno task train … \\\n  --epoch 3 # --not\ndeno task bench x -- --any\n" +
    "deno task fly\ndeno task train --epochs 3 | deno task report --json\n```\n";
  assert.deepEqual(pathsIn(page), ["pipeline/gone.ts", "x.json"]);
  const [map, here, there, andThere] = linksIn(page, "docs/data.md");
  assert.deepEqual([map, here], ["tests/map.md", "docs/data.md#gone"]);
  assert(await leadsSomewhere(there!));
  for (const wrong of [map, here, andThere]) assert(!await leadsSomewhere(wrong!), wrong);
  assert.deepEqual(sectionsIn("# Does _where_ help `x_y`?\n"), ["does-where-help-x_y"]);
  assert.deepEqual(taskLinesIn(page).map(faultOf), [
    "train has no --epoch",
    null,
    "there is no task fly",
    null,
    null,
  ]);
});

/** What a program begins with. */
const MAIN_ENTRIES = [
  ...["openDataset", "readRecords", "toJson", "toStream", "labelsOf", "readImage", "findImages"],
  ...["landmarks", "joinLandmarks", "writeLandmarks", "openJournal", "scoreLandmarks"],
  ...["segments", "exportSegments", "drawOverlay", "openBackend", "trainConfig", "train"],
  ...["evaluate", "predict", "drawHeatMap", "report", "compare", "writeSample"],
  ...["Gpu", "rasterize", "jointLoss"],
];

Deno.test("every main entry of mod.ts has an example that imports from the package", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: ROOT,
    stderr: "null",
  });
  const { stdout } = await command.output();
  const [module] = Object.values(JSON.parse(new TextDecoder().decode(stdout)).nodes) as [{
    symbols: {
      name: string;
      declarations: { jsDoc?: { tags?: { kind: string; doc?: string }[] } }[];
    }[];
  }];
  const shown = module.symbols.filter(({ declarations }) =>
    declarations.some(({ jsDoc }) =>
      jsDoc?.tags?.some(({ kind, doc }) => kind === "example" && doc?.includes(`"${config.name}"`))
    )
  ).map(({ name }) => name);
  assert.deepEqual(MAIN_ENTRIES.filter((name) => !shown.includes(name)), []);
});

Deno.test("the examples of the kernels run", async () => {
  const options = ["--doc", "--no-check", "--no-prompt", "--allow-env=XDG_RUNTIME_DIR", PRELOAD];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", ...options, "kernels/"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  const { stdout } = await command.output();
  // Not by the exit code: on Mesa's software adapter 2 of 22 runs of several such examples in one process
  // ended with "corrupted size vs. prev_size" after all had been reported. The cause is not known yet.
  assert.match(new TextDecoder().decode(stdout), /ok \| 3 passed \| 0 failed/);
});

Deno.test("--version prints the version of deno.json, which the changelog has", async () => {
  assert.deepEqual(parseArguments(PROGRAM, ["--version"]), { text: `${config.version}\n` });
  const changelog = await Deno.readTextFile(join(ROOT, "CHANGELOG.md"));
  assert.match(changelog, new RegExp(`^## ${config.version}[, ]`, "m"));
});

Deno.test("data/readme/segments.png is what CONTRIBUTING's commands draw", async () => {
  const shown = [5, 6, 11, 13].map((n) => `${String(n).padStart(6, "0")}.jpg`);
  const faces: OverlayFace[] = [];
  for await (const { image: title, points } of readLandmarks(SAMPLE_LANDMARKS)) {
    if (!shown.includes(title)) continue;
    const image = await readImage(join(SAMPLE, "Img", "img_align_celeba", title));
    faces.push({ image, points, title });
  }
  const expected = await Deno.readFile(join(ROOT, "data", "readme", "segments.png"));
  const drawn = await encodePng(drawContactSheet(faces));
  const isSame = drawn.length === expected.length && drawn.every((byte, i) => byte === expected[i]);
  assert(isSame, "the picture is to be drawn anew: see CONTRIBUTING.md, Pictures");
});
