/**
 * Two processes in one place: the second one is refused, with the first one named, whatever stage it is.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Claim } from "../../../pipeline/files/claim.ts";
import { exists, FileWriter, UNFINISHED, writeFile } from "../../../pipeline/files/write_file.ts";
import { hashesOf } from "../../endurance/faults/run_content.ts";
import { diskCases, prepareCase, writeSource } from "../../endurance/faults/disk_cases.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { runCommandLine } from "../../endurance/faults/command_line.ts";
import { ROOT } from "../../processes/task_command.ts";

/** A process that holds a place until it is killed, started with the words of a module. */
async function holder(words: string): Promise<Deno.ChildProcess> {
  const script =
    `${words}; console.log("held"); await new Promise((end) => setTimeout(end, 60_000));`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-read", "--allow-write", "-"],
    cwd: ROOT,
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const reader = process.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return process;
}

/** Holds all of a command's places at once. */
async function holdAll(files: readonly string[], claims: readonly string[]) {
  const [writer, claim] = ["write_file.ts", "claim.ts"].map((name) =>
    JSON.stringify(new URL(`../../../pipeline/files/${name}`, import.meta.url).href)
  );
  const held = [
    ...files.map((path) => `await FileWriter.open(${JSON.stringify(path)})`),
    ...claims.map((path) => `await Claim.take(${JSON.stringify(path)}, "here")`),
  ];
  return await holder(
    `import { FileWriter } from ${writer}; import { Claim } from ${claim};
     globalThis.held = [${held.join(", ")}]`,
  );
}

Deno.test("a second process is told who holds the place, and a killed one holds nothing", () =>
  inFolder(async (folder) => {
    const [file, lock] = [join(folder, "a.json"), join(folder, "a.lock")];
    const process = await holdAll([file], [lock]);
    const refused = {
      name: "Busy",
      message: `Cannot write ${file}: another process is writing it (holds ${file}${UNFINISHED})`,
    };
    await assert.rejects(writeFile(file, "mine"), refused);
    await assert.rejects(Claim.take(lock, "the place"), {
      name: "Busy",
      message:
        `Cannot write to the place: another process does (holds ${lock}, process ${process.pid})`,
    });
    process.kill("SIGKILL");
    await process.status;
    assert(await exists(lock) && await exists(file + UNFINISHED), "nothing was left");
    await writeFile(file, "mine");
    await (await Claim.take(lock, "the place"))[Symbol.asyncDispose]();
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assert.deepEqual(names, ["a.json"]);
  }));

Deno.test("FileWriter keeps to itself what it replaces, and starts anew from what was left", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path + UNFINISHED, "left by a process that was killed");
    await writeFile(path, "new");
    assert.equal(await Deno.readTextFile(path), "new");
    const first = await FileWriter.open(path);
    await assert.rejects(FileWriter.open(path), Deno.errors.Busy);
    await first.write("newer");
    await first.commit();
    await first[Symbol.asyncDispose]();
    await using second = await FileWriter.open(path);
    await second.write("not to be seen");
    assert.equal(await Deno.readTextFile(path), "newer");
  }));

/** What the other process holds while a command is refused, by the beginning of the command's name. */
const HELD: Readonly<Record<string, readonly string[]>> = {
  landmarks: ["faces.unfinished.ndjson"],
  segments: ["segments/coverage.csv"],
  train: ["run/train.lock"],
  evaluate: ["run/predictions.safetensors"],
  "predict --out FILE.ndjson": ["said.ndjson"],
  "predict --out FILE.csv": ["said.csv"],
  report: ["run/report.html"],
  compare: ["c.html"],
  sample: ["sample.partial.lock"],
  pipeline: ["run/train.lock"],
};

Deno.test({
  name: "every command refuses a place that another process writes to, and changes nothing there",
  // The commands are run in this process, and the networks that one opened stay for the next.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (folder) => {
      const source = await writeSource(folder);
      const cases = diskCases(source);
      for (const [name, held] of Object.entries(HELD)) {
        const disk = cases.find((one) => one.name.startsWith(name))!;
        const place = join(folder, "case");
        await prepareCase(disk, source, place);
        const paths = held.map((path) => join(place, path));
        const isClaim = (path: string) => /\.lock$|unfinished/.test(path);
        const files = paths.filter((path) => !isClaim(path));
        await using process = await holdAll(files, paths.filter(isClaim));
        const before = await hashesOf(place);
        const { code, err } = await runCommandLine(disk.args(place));
        assert.equal(code, 1, `${name}: ${err}`);
        assert.match(
          err,
          /^Error: Cannot write [^\n]+another process [^\n]*\(holds [^\n]+\)\n$/,
          name,
        );
        assert.deepEqual(await hashesOf(place), before, name);
        process.kill("SIGKILL");
        await process.status;
        await Deno.remove(place, { recursive: true });
      }
    }),
});
