/** Modules of a page for a browser, made of TypeScript. */

import { basename, join } from "node:path";
import { IS_BUNDLED } from "./standalone.ts";

/** JavaScript by name. */
export type BrowserModules = Readonly<Record<string, string>>;

/**
 * The modules of a page, `NAME.js` first among them, for its entry `FOLDER/NAME.ts` (or tsx).
 *
 * @param carried The module in which a program of one file, which has no sources, carries them.
 * @throws {Error} If Deno cannot bundle them.
 */
export async function browserModules(
  folder: string | undefined,
  entry: string,
  carried: string,
): Promise<BrowserModules> {
  if (IS_BUNDLED) {
    const { default: modules }: { default: BrowserModules } = await import(
      new URL(carried, import.meta.url).href
    );
    return modules;
  }
  return await bundleModules(join(folder ?? ".", entry));
}

/**
 * The same from the sources.
 *
 * @throws {Error} If Deno cannot bundle them.
 */
export async function bundleModules(entry: string): Promise<BrowserModules> {
  if (!("bundle" in Deno)) {
    throw new Error("The page cannot be bundled: Deno needs --unstable-bundle for that");
  }
  const { outputFiles = [], errors } = await Deno.bundle({
    entrypoints: [entry],
    // Nothing is written there: names are relative to it.
    outputDir: "/page",
    ...{ platform: "browser", format: "esm", minify: true, codeSplitting: true, write: false },
  });
  const [error] = errors;
  if (error) throw new Error(`The page cannot be bundled: ${error.text}`);
  return Object.fromEntries(outputFiles.map((file) => [basename(file.path), file.text()]));
}
