/**
 * `deno task bench NAME…`: runs benchmarks. A benchmark is a program `tests/bench/NAME_bench.ts` that
 * prints what it measured.
 */

import { join } from "node:path";
import { runPrograms } from "../processes/program_menu.ts";

const FOLDER = import.meta.dirname ?? ".";
const ENDING = "_bench.ts";

function benchmarks(): Map<string, string> {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
  return new Map(
    names.filter((name) => name.endsWith(ENDING))
      .map((name) => [name.slice(0, -ENDING.length), join(FOLDER, name)]),
  );
}

if (import.meta.main) {
  Deno.exit(
    await runPrograms({ kind: "benchmark", task: "bench", programs: benchmarks() }, Deno.args),
  );
}
