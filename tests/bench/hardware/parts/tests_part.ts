/** The tests of the kernels that hold on any adapter, a process for each file. */

import { readLines } from "../../../../pipeline/files/read_lines.ts";
import { ROOT } from "../../../processes/task_command.ts";
import { endNow } from "../../contenders/line_peer.ts";
import type { Bench, Part } from "./part.ts";
import { testOf } from "../tap.ts";

/** Files below `tests/`, without their ending. */
const FILES = [
  "kernels/convolution/conv2d",
  "kernels/convolution/conv2d_tiled",
  "kernels/convolution/winograd",
  "kernels/dense",
  "kernels/batch_norm",
  "kernels/batch_norm_pool",
  "kernels/joint_loss",
  "kernels/rasterize",
  "kernels/tree_cascade",
  "kernels/tfjs/optimizer",
  "kernels/augment",
  "pipeline/compute/learner",
  "pipeline/compute/device_steps",
  "kernels/tuning/tuning",
];

/** Processors a process: a test mostly waits for the device or computes with one thread. */
const PROCESSORS_A_FILE = 4;

/** As `deno task test` runs them, but for the types, which are known to be right. */
const ARGUMENTS = [
  ...["test", "--no-prompt", "--no-check", "--reporter=tap"],
  ...["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys=uid"],
  "--preload=pipeline/cli/environment.ts",
];

/** What the tests came to so far. */
interface Found {
  passed: number;
  failed: number;
  readonly failures: string[];
}

/** The tests, last: what has been run when the time is over counts. */
export const TESTS: Part = {
  name: "tests",
  limit: 120,
  async run(bench) {
    const found: Found = { passed: 0, failed: 0, failures: [] };
    bench.results.tests = found;
    const waiting = [...FILES];
    const processes = Math.max(1, Math.floor(navigator.hardwareConcurrency / PROCESSORS_A_FILE));
    await Promise.all(Array.from({ length: processes }, async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        await testFile(bench, `${file}_test.ts`, found);
      }
    }));
    bench.print(`tests of the kernels: ${found.passed} passed, ${found.failed} failed`);
  },
};

/** Runs the tests of a file, and counts them as they end. */
async function testFile({ signal, fail }: Bench, file: string, found: Found): Promise<void> {
  if (signal.aborted) return fail(`${file}: left out, ${signal.reason.message}`);
  const process = new Deno.Command(Deno.execPath(), {
    args: [...ARGUMENTS, `tests/${file}`],
    cwd: ROOT,
    env: { NO_COLOR: "1", REQUIRE_GPU: "1" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const kill = () => endNow(process);
  signal.addEventListener("abort", kill, { once: true });
  let isFaulty = false;
  for await (const { text } of readLines(process.stdout, file)) {
    const test = testOf(text);
    if (!test) continue;
    found[test.passed ? "passed" : "failed"]++;
    if (test.passed) continue;
    isFaulty = true;
    found.failures.push(`${file}: ${test.name}`);
    fail(`failed: ${file}: ${test.name}`);
  }
  const { code } = await process.status;
  signal.removeEventListener("abort", kill);
  if (signal.aborted) return fail(`${file}: not all tests ran, ${signal.reason.message}`);
  if (code !== 0 && !isFaulty) fail(`${file}: ended with code ${code}`);
}
