/**
 * Test files run two at a time on threads of one process (`deno task test`). None may change what belongs to
 * the process, or it changes in the middle of another file's test.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBelow } from "../pipeline/files/folder_files.ts";
import { ROOT } from "./processes/task_command.ts";

/** Programs: they have processes of their own. */
const PROGRAMS = /^(?:bench|endurance|peers|processes)\/(?!.*_test\.ts$)/;

/** Where a text changes the environment or the working directory. `deno compile` alone reads DENORT_BIN. */
function changesIn(text: string): string[] {
  return text.match(/\bDeno\.(?:chdir|env\.(?:set|delete))\((?!"DENORT_BIN").*/g) ?? [];
}

Deno.test("no test changes the environment or the working directory of its process", async () => {
  const tests = join(ROOT, "tests");
  let files = 0;
  for await (const name of filesBelow(tests)) {
    if (!name.endsWith(".ts") || PROGRAMS.test(name)) continue;
    files++;
    assert.deepEqual(changesIn(await Deno.readTextFile(join(tests, name))), [], name);
  }
  assert(files > 150, `${files} files`);
});

Deno.test("what changes the process is found", () => {
  const calls = [
    'env.set("A", "b");',
    'env.get("A");',
    "chdir(to);",
    'env.set("DENORT_BIN", "b");',
  ];
  const lines = calls.map((call) => `Deno.${call}`);
  assert.deepEqual(changesIn(lines.join("\n")), [lines[0], lines[2]]);
});
