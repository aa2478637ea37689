/** `/api/runs`: how far runs are, their reports, and requests to stop. */

import { Hono } from "hono";
import { askToStop } from "../../train/files/stop_file.ts";
import { refuse } from "../server/guard.ts";
import type { Runs } from "./runs.ts";

/** What a report may load: it carries its style and pictures, and has no script. */
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers questions about runs. */
export function runRoutes(runs: Runs): Hono {
  const app = new Hono();
  app.get("/", async (context) => context.json(await runs.states()));
  app.get(
    "/:name",
    async (context) => context.json(await runs.named(context.req.param("name")).detail()),
  );
  app.get(
    "/:name/log",
    async (context) => context.json(await runs.named(context.req.param("name")).log()),
  );
  app.post("/:name/stop", async (context) => {
    const run = runs.named(context.req.param("name"));
    if (!await run.isHeld()) return refuse(context, 409, "No process trains this run.");
    await askToStop(run.folder);
    return context.json({});
  });
  app.get("/:name/report", async (context) => {
    const { folder } = runs.named(context.req.param("name"));
    const { readRunFolder } = await import("../../report/run_folder.ts");
    const { renderPage } = await import("../../report/page.ts");
    const page = await renderPage(await readRunFolder(folder));
    return context.html(page, 200, { "content-security-policy": REPORT_POLICY });
  });
  return app;
}
