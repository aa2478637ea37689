/** The training loop of `docs/shards.md`, as it stands there. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../../pipeline/dataset.ts";
import { exportShards } from "../../../pipeline/export.ts";
import { joinLandmarks } from "../../../pipeline/landmarks.ts";
import { hasPillow } from "../../contexts/pillow_context.ts";
import { hasTorch, PYTHON } from "../../contexts/torch_context.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { outcomeOf, ROOT } from "../../processes/task_command.ts";

const PAGE = await Deno.readTextFile(join(ROOT, "docs", "shards.md"));
const LOOP = /^```python\n([^]*?)^```$/m.exec(PAGE)![1]!;

Deno.test("the training loop of the page has less than 60 lines", () => {
  assert(LOOP.trimEnd().split("\n").length < 60);
});

Deno.test({
  name: "the training loop of the page trains on shards of the sample by two processes",
  ignore: !hasTorch || !hasPillow,
  fn: () =>
    inFolder(async (folder) => {
      const out = join(folder, "shards");
      const records = joinLandmarks(SAMPLE_LANDMARKS)((await openDataset(SAMPLE)).records());
      // 9 to train on: the workers of the first process get 3 and 2, those of the other 2 each, and neither of the 2
      // to validate on.
      await exportShards({ records, shards: 13, mask: { height: 54, width: 44 }, out });
      await Deno.writeTextFile(join(folder, "train.py"), LOOP);
      const launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"];
      // As the page says of Debian's.
      const output = ["--redirects", "1", "--tee", "1", "--log_dir", join(folder, "log")];
      const command = new Deno.Command(PYTHON!, {
        args: [...launch, ...output, "train.py", out, "2"],
        cwd: folder,
        env: { OMP_NUM_THREADS: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      });
      const { code, out: said, err } = await outcomeOf(command);
      assert.equal(code, 0, err);
      const epochs = [...said.matchAll(/epoch (\d) accuracy (0\.\d{4}), (\d+) faces/g)];
      assert.deepEqual(epochs.map(([, epoch, , faces]) => [epoch, faces]), [
        ["1", "48"],
        ["2", "48"],
      ]);
      for (const [line, , accuracy] of epochs) assert(Number(accuracy) > 0.5, line);
      assert((await Deno.stat(join(folder, "network.pt"))).size > 100_000);
    }),
});
