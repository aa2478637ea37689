/** The page's files: everything but the network and its card. */

import { basename, join } from "node:path";
import wasm from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};
import style from "../../report/style.css" with { type: "text" };
import { IS_BUNDLED, PAGE_MODULE } from "../../files/standalone.ts";
import page from "./index.html" with { type: "text" };
import pageStyle from "./page.css" with { type: "text" };

/** Contents by name. */
type Files = Record<string, Uint8Array | string>;

/**
 * The files of the page by their names.
 *
 * @throws {Error} If Deno cannot bundle its modules.
 */
export async function pageFiles(): Promise<Files> {
  return {
    "index.html": page,
    "style.css": style + pageStyle,
    "tfjs-backend-wasm-simd.wasm": wasm,
    ...IS_BUNDLED ? await carriedModules() : await bundleModules(),
  };
}

/** A program of one file has no sources: it carries what has been made of them. */
async function carriedModules(): Promise<Files> {
  const module = new URL(PAGE_MODULE, import.meta.url);
  const { default: files }: { default: Record<string, string> } = await import(module.href);
  return files;
}

/**
 * The page's modules for a browser, `page.js` first among them: JavaScript by name.
 *
 * @throws {Error} If Deno cannot bundle them.
 */
export async function bundleModules(): Promise<Record<string, string>> {
  if (!("bundle" in Deno)) {
    throw new Error("The page cannot be bundled: Deno needs --unstable-bundle for that");
  }
  const { outputFiles = [], errors } = await Deno.bundle({
    entrypoints: [join(import.meta.dirname ?? ".", "page.ts")],
    // Nothing is written there: names are relative to it.
    outputDir: "/page",
    ...{ platform: "browser", format: "esm", minify: true, codeSplitting: true, write: false },
  });
  const [error] = errors;
  if (error) throw new Error(`The page cannot be bundled: ${error.text}`);
  return Object.fromEntries(outputFiles.map((file) => [basename(file.path), file.text()]));
}
