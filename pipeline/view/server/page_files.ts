/** The files that the page is made of. */

import { Hono } from "hono";
import { browserModules } from "../../files/browser_modules.ts";
import { VIEW_MODULE } from "../../files/standalone.ts";
import controlStyle from "../../export/web/controls.css" with { type: "text" };
import resultStyle from "../../export/web/result/result.css" with { type: "text" };
import reportStyle from "../../report/style.css" with { type: "text" };
import browseStyle from "../page/browse/browse.css" with { type: "text" };
import correctStyle from "../page/correct/correct.css" with { type: "text" };
import faceStyle from "../page/face/face.css" with { type: "text" };
import page from "../page/index.html" with { type: "text" };
import runsStyle from "../page/runs/runs.css" with { type: "text" };
import tryStyle from "../page/try/try.css" with { type: "text" };
import viewStyle from "../page/view.css" with { type: "text" };
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };

/** What is shared first, then each place's own. */
const STYLES = [
  ...[reportStyle, uplotStyle, controlStyle, resultStyle, viewStyle],
  ...[browseStyle, faceStyle, correctStyle, runsStyle, tryStyle],
];

const SCRIPT = "text/javascript; charset=utf-8";

/**
 * Answers with the page's files.
 *
 * @throws {Error} If its modules cannot be made.
 */
export async function pageRoutes(): Promise<Hono> {
  const modules = await browserModules(import.meta.dirname, "../page/app.tsx", VIEW_MODULE);
  const app = new Hono();
  const add = (path: string, text: string, type: string) =>
    app.get(path, (context) => context.body(text, 200, { "content-type": type }));
  add("/", page, "text/html; charset=utf-8");
  add("/style.css", STYLES.join("\n"), "text/css; charset=utf-8");
  for (const [name, text] of Object.entries(modules)) add("/" + name, text, SCRIPT);
  return app;
}
