/**
 * A disk that is full or refuses, as every command that writes meets it. The long form, with a failure at
 * every call, is `deno task endure disk`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFile } from "../../../pipeline/files/write_file.ts";
import { failDisks } from "../../endurance/disk.ts";
import { checkSentence, checkWhole } from "../../endurance/faults/disk_trial.ts";
import { FailingDisk } from "../../endurance/faults/failing_disk.ts";
import { contentOfRun, hashesOf } from "../../endurance/faults/run_content.ts";
import { writeSmallConfig, writeSmallDataset } from "../../endurance/faults/small_dataset.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { outcomeOf, taskCommand } from "../../processes/task_command.ts";

Deno.test("FailingDisk counts what writes below its folder, and fails from a call on", () =>
  inFolder(async (folder) => {
    const path = join(folder, "b", "a");
    {
      using disk = new FailingDisk(folder);
      await writeFile(path, "before");
      await writeFile(`${folder}-b`, "elsewhere");
      const names = ["mkdir", "open", "truncate", "write", "sync", "rename"];
      assert.deepEqual(disk.calls.map(({ name }) => name), names);
    }
    await Deno.remove(`${folder}-b`);
    for (const [fault, reason] of [["ENOSPC", "No space left"], ["EACCES", "Permission denied"]]) {
      for (let at = 0; at < 6; at++) {
        using _ = new FailingDisk(folder, { at, fault: fault as "ENOSPC" | "EACCES" });
        await assert.rejects(writeFile(path, "after"), {
          name: "WriteError",
          message: new RegExp(`^Cannot write ${path}: ${reason}[^:]*$`),
        });
        assert.equal(await Deno.readTextFile(path), "before");
      }
    }
    await writeFile(path, "after");
    assert.equal(await Deno.readTextFile(path), "after");
    const names = Array.from(Deno.readDirSync(join(folder, "b")), ({ name }) => name);
    assert.deepEqual(names, ["a"]);
  }));

Deno.test("a half written file and an unclear sentence are told from others", () =>
  inFolder(async (folder) => {
    const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
    await write("a.csv", "1,2\n");
    await write("m.json", "{}");
    const before = await hashesOf(folder);
    await checkWhole({ before, after: {} }, folder);
    await write("a.csv.partial", "1,");
    await write("m.json", '{"a":1}');
    await checkWhole({ before, after: {} }, folder);
    await write("m.json", '{"a":');
    await assert.rejects(checkWhole({ before, after: {} }, folder), /m\.json is neither old nor/);
    await Deno.remove(join(folder, "m.json"));
    await assert.rejects(checkWhole({ before, after: {} }, folder), /m\.json was there before/);
    const says = (sentence: string) => checkSentence(`Error: ${sentence}\n`, "/case", "ENOSPC");
    says("Cannot write /case/a: No space left on device (os error 28)");
    assert.throws(() => says("Cannot write /case/a: Permission denied (os error 13)"));
    assert.throws(() => says("No space left on device (os error 28)"), /it names no file/);
    assert.throws(() => says("Cannot write /case/a: No space left on device\n    at main"));
  }));

Deno.test({
  name: "every command that writes says what it could not write, and leaves nothing half written",
  // The commands are run in this process, and the networks that one opened stay for the next.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (folder) => {
      const wrong = await failDisks({ folder, count: 2, seed: 2, log: () => {} });
      assert.deepEqual(wrong, []);
    }),
});

/** Runs a program of the system's. */
async function system(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Registers a test with a file system of its own, of `size` bytes, which only root can make. */
function mountTest(name: string, size: string, test: (mounted: string) => Promise<void>): void {
  Deno.test(name, () =>
    inFolder(async (folder) => {
      const mounted = join(folder, "mounted");
      await Deno.mkdir(mounted);
      if (!await system("mount", "-t", "tmpfs", "-o", `size=${size}`, "none", mounted)) {
        Deno.stderr.writeSync(new TextEncoder().encode("SKIPPED: only root can mount a tmpfs.\n"));
        return;
      }
      try {
        await test(mounted);
      } finally {
        await system("umount", mounted);
      }
    }));
}

mountTest("a pipeline on a disk that is full goes on when there is room", "1500k", async (disk) => {
  const [dataset, config] = [join(disk, "..", "faces"), join(disk, "..", "small.json")];
  await writeSmallDataset(dataset, 8);
  await writeSmallConfig(config);
  const placing = ["--detector", "tiny", "--predictor", "face-api", "--backend", "wasm"];
  const out = join(disk, "run");
  const args = ["--dataset", dataset, "--config", config, ...placing, "--out", out, "--quiet"];
  const full = await outcomeOf(taskCommand("pipeline", args));
  assert.equal(full.code, 1);
  assert.match(full.err, /^Error: Cannot write [^\n]+: No space left on device \(os error 28\)/);
  assert.match(full.err, /\. Go on with: deno task pipeline [^\n]+ --resume\n$/);
  await system("mount", "-o", "remount,size=64m", disk);
  const again = await outcomeOf(taskCommand("pipeline", [...args, "--resume"]));
  assert.equal(again.code, 0, again.err);
  const content = await contentOfRun(out);
  await Deno.remove(out, { recursive: true });
  const whole = await outcomeOf(taskCommand("pipeline", args));
  assert.equal(whole.code, 0, whole.err);
  assert.deepEqual(content, await contentOfRun(out));
});

mountTest(
  "a folder that may not be written to, and a disk that is read only",
  "1m",
  async (disk) => {
    const out = join(disk, "sample");
    const sample = (path: string) =>
      taskCommand("sample", ["--count", "1", "--out", path, "--quiet"]);
    await system("mount", "-o", "remount,ro", disk);
    const readOnly = await outcomeOf(sample(out));
    assert.equal(readOnly.code, 1);
    assert.match(readOnly.err, /^Error: Cannot write .*sample.*: Read-only file system .*\n$/);
    await system("mount", "-o", "remount,rw", disk);
    await Deno.chmod(disk, 0o500);
    // Root without the right to do whatever it likes.
    const words = ["--bounding-set", "-dac_override", Deno.execPath(), "run", "--no-prompt"];
    const cli = join(import.meta.dirname!, "..", "..", "..", "pipeline", "cli.ts");
    const permissions = ["--allow-read", "--allow-write", "--allow-env"];
    const args = [...words, ...permissions, cli, "sample", "--count", "1", "--out", out, "--quiet"];
    const denied = await outcomeOf(new Deno.Command("setpriv", { args, stderr: "piped" }));
    assert.equal(denied.code, 1);
    assert.match(denied.err, /^Error: Cannot write .*sample.*: Permission denied .*\n$/);
    assert.deepEqual(Array.from(Deno.readDirSync(disk)), []);
    assert.equal((await outcomeOf(sample(out))).code, 0);
  },
);
