/**
 * Landmarks by several processes, each with its part of the images: the parts, one after the other, are
 * what one process writes for all.
 */

import assert from "node:assert/strict";
import { delimiter, dirname, join } from "node:path";
import config from "../../../deno.json" with { type: "json" };

const ROOT = join(import.meta.dirname ?? ".", "..", "..", "..");
const SAMPLE_IMAGES = join(ROOT, "data", "sample", "Img", "img_align_celeba");
const SHARDS = ["1", "2", "3"];

/** Runs a command that must work; returns what it wrote to stdout. */
async function run(command: string, args: readonly string[], env = {}): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function runLandmarks(...args: string[]): Promise<void> {
  const [, ...words] = config.tasks.landmarks.command.split(" ");
  await run(Deno.execPath(), [...words, "--detector", "tiny", ...args]);
}

/** The first 12 images of the sample; two of them, in two parts, are no images. */
async function copyImages(to: string): Promise<void> {
  await Deno.mkdir(to);
  for (let i = 1; i <= 12; i++) {
    const name = `${String(i).padStart(6, "0")}.jpg`;
    if (i === 4 || i === 9) await Deno.writeTextFile(join(to, name), "no image");
    else await Deno.copyFile(join(SAMPLE_IMAGES, name), join(to, name));
  }
}

async function textOf(folder: string, name: string): Promise<string> {
  return await Deno.readTextFile(join(folder, name));
}

async function hasGnuParallel(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("parallel", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).startsWith("GNU parallel");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The shell lines of docs/landmarks.md, with paths that hold wherever the task runs. */
const IN_PARALLEL = [
  'cd "$FOLDER"',
  "parallel -j 3 --joblog parts.log --resume-failed" +
  ' deno task --cwd "$ROOT" landmarks --images "$FOLDER"/images --detector tiny' +
  ' --threads 1 --shard {}/3 --out "$FOLDER"/part-{}.csv ::: $(seq -w 3)',
  "awk 'NR == 1 || FNR > 1' part-*.csv > landmarks.csv",
  "cat part-*.rejected.ndjson > landmarks.rejected.ndjson",
];

Deno.test("shards of landmarks concatenate to the whole", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "attparsenet_shards_" });
  try {
    const images = join(folder, "images");
    await copyImages(images);
    await runLandmarks("--images", images, "--out", join(folder, "whole.csv"));
    const whole = await textOf(folder, "whole.csv");
    const rejected = await textOf(folder, "whole.rejected.ndjson");
    assert.equal(whole.split("\n").length, 1 + 10 + 1);
    assert.equal(rejected.split("\n").length, 2 + 1);

    await t.step("at the same time", async () => {
      const outs = SHARDS.map((shard) => join(folder, `shard-${shard}.csv`));
      await Promise.all(
        SHARDS.map((shard, i) =>
          runLandmarks("--images", images, "--shard", `${shard}/3`, "--out", outs[i]!)
        ),
      );
      const [rows, rejections]: [string[], string[]] = [[], []];
      for (const [i, shard] of SHARDS.entries()) {
        const [header, ...part] = (await Deno.readTextFile(outs[i]!)).split(/(?<=\n)/);
        assert.equal(header, whole.slice(0, whole.indexOf("\n") + 1));
        rows.push(...rows.length === 0 ? [header!] : [], ...part);
        rejections.push(await textOf(folder, `shard-${shard}.rejected.ndjson`));
      }
      assert.equal(rows.join(""), whole);
      assert.equal(rejections.join(""), rejected);
    });

    await t.step({
      name: "under GNU parallel" +
        (await hasGnuParallel() ? "" : ", which is not installed here"),
      ignore: !await hasGnuParallel(),
      fn: async () => {
        const PATH = [dirname(Deno.execPath()), Deno.env.get("PATH")].join(delimiter);
        const env = { FOLDER: folder, ROOT, PATH };
        await run("bash", ["-ec", IN_PARALLEL.join("\n")], env);
        assert.equal(await textOf(folder, "landmarks.csv"), whole);
        assert.equal(await textOf(folder, "landmarks.rejected.ndjson"), rejected);
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
