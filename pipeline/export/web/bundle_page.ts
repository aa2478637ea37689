/** The page's files: everything but the network and its card. */

import wasm from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};
import style from "../../report/style.css" with { type: "text" };
import { browserModules } from "../../files/browser_modules.ts";
import { PAGE_MODULE } from "../../files/standalone.ts";
import controlStyle from "./controls.css" with { type: "text" };
import page from "./index.html" with { type: "text" };
import pageStyle from "./page.css" with { type: "text" };
import resultStyle from "./result/result.css" with { type: "text" };

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
    "style.css": style + controlStyle + resultStyle + pageStyle,
    "tfjs-backend-wasm-simd.wasm": wasm,
    ...await browserModules(import.meta.dirname, "page.ts", PAGE_MODULE),
  };
}
