/**
 * `deno task endure NAME… [-- OPTIONS]`: runs the long forms of tests, which take minutes to hours. A
 * program is a file `tests/endurance/NAME.ts` that acts when it is run itself (`import.meta.main`),
 * prints what it saw, and exits with 1 if that was not as it should be. The quick tests call the same
 * functions with small numbers.
 */

import { join } from "node:path";
import { runPrograms } from "../processes/program_menu.ts";

const FOLDER = import.meta.dirname ?? ".";
const ENDING = ".ts";

/** The files of the folder, other than this one, that act when they are run. */
function programs(): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name } of Deno.readDirSync(FOLDER)) {
    const path = join(FOLDER, name);
    if (path === import.meta.filename || !name.endsWith(ENDING)) continue;
    const acts = Deno.readTextFileSync(path).includes("import.meta.main");
    if (acts) found.set(name.slice(0, -ENDING.length), path);
  }
  return found;
}

if (import.meta.main) {
  Deno.exit(
    await runPrograms({ kind: "endurance test", task: "endure", programs: programs() }, Deno.args),
  );
}
