import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { join } from "node:path";
import { exists } from "../../../pipeline/files/write_file.ts";
import { stepsIn } from "../../../pipeline/train/files/log.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { outcomeOf, taskCommand } from "../../processes/task_command.ts";

Deno.test("a file RUN/stop stops train as Ctrl-C does, once; an older one does not", async () => {
  await inFolder(async (folder) => {
    const run = join(folder, "run");
    const stop = join(run, "stop");
    const data = ["--dataset", SAMPLE, "--landmarks", SAMPLE_LANDMARKS, "--pack", "off"];
    const args = [...data, "--preset", "lite", "--backend", "wasm", "--threads", "1", "--out", run];
    let before = 0;
    for (const more of [[], ["--resume"]]) {
      const ending = outcomeOf(taskCommand("train", [...args, ...more]));
      const steps = await Promise.race([stepsAfter(run, before), ending]);
      assert.equal(typeof steps, "number", JSON.stringify(steps));
      await Deno.writeTextFile(stop, "");
      const { code, err } = await ending;
      assert.equal(code, 130, err);
      assert.match(err, /Stopping, as the file stop in .* asks\./);
      assert.match(err, /Interrupted\. Go on with: .* --resume/);
      assert(!await exists(stop), "it is removed");
      const reached = await stepsIn(run);
      assert(await exists(run, "checkpoints", "last.safetensors"));
      assert(reached > before, "it went on");
      before = reached;
      // Of a request that came too late.
      await Deno.writeTextFile(stop, "");
    }
  });
});

/** Waits until a run's log has more steps than `before`. */
async function stepsAfter(run: string, before: number): Promise<number> {
  while (true) {
    const steps = await stepsIn(run);
    if (steps > before) return steps;
    await setTimeout(100);
  }
}
