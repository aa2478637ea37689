/**
 * `deno task package`: the library as a package, `dist/package`, for programs of any project.
 *
 * Deno publishes no module that imports bytes, so weights and kernels lie in its JavaScript, and those
 * who import it need no option of Deno's and no other package. `deno pack` writes the declarations.
 */

import { join } from "node:path";
import { unpackTar } from "modern-tar";
import config from "../../../deno.json" with { type: "json" };
import { writeFile } from "../../files/write_file.ts";
import { tell } from "../terminal/tell.ts";
import { bundleEntry, PROJECT, runDeno } from "./bundle.ts";

const ENTRY = "mod.js";

/** Writes the package into a folder, which is emptied first; returns its size in bytes. */
export async function writePackage(folder: string): Promise<number> {
  const files = await bundleEntry(ENTRY);
  const add = (name: string, text: string) => void files.set(name, new TextEncoder().encode(text));
  const entry = new TextDecoder().decode(files.get(ENTRY));
  add(ENTRY, `/* @ts-self-types="./mod.d.ts" */\n${withoutTypeImports(entry)}`);
  for (const [name, text] of await declarations()) add(name, text);
  const { name, version, license } = config;
  add("deno.json", JSON.stringify({ name, version, license, exports: `./${ENTRY}` }, null, 2));
  files.set("LICENSE", await Deno.readFile(join(PROJECT, "LICENSE")));
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  let size = 0;
  for (const [name, bytes] of files) {
    await writeFile(join(folder, name), bytes);
    size += bytes.length;
  }
  return size;
}

/** Deno would check comments in which packages name types of their own files, which are not bundled. */
function withoutTypeImports(code: string): string {
  return code.replace(/\/\*\*(?= @type \{[^}]*\bimport\()/g, "/*");
}

/** The declarations of the public interface by name. They name each other, since Deno looks for no other. */
async function declarations(): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "package.tgz");
    await runDeno(PROJECT, "pack", "--allow-dirty", "--no-source-maps", "--output", path);
    const tar = (await Deno.open(path)).readable.pipeThrough(new DecompressionStream("gzip"));
    const found = new Map<string, string>();
    for (const { header: { name }, data } of await unpackTar(tar)) {
      if (!name.endsWith(".d.ts")) continue;
      const text = new TextDecoder().decode(data);
      const linked = text.replace(/((?:from|import\() ?"\.[^"]*)\.js"/g, '$1.d.ts"');
      found.set(name.replace(/^package\//, ""), linked);
    }
    return found;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const out = join(PROJECT, "dist", "package");
  tell(`${out}: ${(await writePackage(out) / 2 ** 20).toFixed(0)} MiB`);
}
