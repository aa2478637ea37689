/**
 * The local page: faces looked at and corrected, runs watched, in a browser on this machine.
 *
 * @module
 */

import { Hono } from "hono";
import type { Extent } from "../kernels/rasterize.ts";
import type { FaceRecord } from "./face/record.ts";
import { RegionIndex } from "./view/faces/region_index.ts";
import { FaceScores } from "./view/faces/face_scores.ts";
import { correctionRoutes } from "./view/corrections/correction_routes.ts";
import { Corrector } from "./view/corrections/corrector.ts";
import { LabelCorrector } from "./view/corrections/label_corrector.ts";
import { Refiner } from "./view/corrections/refiner.ts";
import { faceRoutes } from "./view/faces/face_routes.ts";
import { FaceTable } from "./view/faces/face_table.ts";
import { Tiles } from "./view/faces/tiles.ts";
import { Events } from "./view/server/events.ts";
import { addressOf, type Gate, guard, newToken, refuse } from "./view/server/guard.ts";
import { pageRoutes } from "./view/server/page_files.ts";
import { serve } from "./view/server/serve.ts";
import { runRoutes } from "./view/runs/run_routes.ts";
import { Runs } from "./view/runs/runs.ts";
import { RunNetworks } from "./view/networks/run_networks.ts";
import { Trials } from "./view/trials/trials.ts";
import { tryRoutes } from "./view/trials/try_routes.ts";
import type { About, Correcting } from "./view/wire.ts";

/** What is shown. */
export interface ViewOptions {
  /** The faces, in their order. */
  readonly records: AsyncIterable<FaceRecord>;
  /** The folder that they are from, as the page names it. */
  readonly dataset: string;
  /** Their landmarks file; null if there is none. */
  readonly landmarks: string | null;
  readonly correcting: Correcting;
  /** Size of all pictures, where they have one, in pixels. */
  readonly frame?: Extent | null;
  /** Folders of runs. */
  readonly runs: readonly string[];
  /** The port, and no other; by default the first free one from 4600. */
  readonly port?: number | undefined;
  /** Ends the server. */
  readonly signal: AbortSignal;
  /** Told of what goes wrong beside requests. */
  readonly onFault?: (fault: string) => void;
}

/** A page that is served. */
export interface View {
  /** What opens it; it has a token that nobody else knows. */
  readonly address: string;
  /** Ends when the server has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves the page on 127.0.0.1 until the signal aborts. The records are taken first; the landmarks are read
 * while the page is looked at already.
 *
 * @throws {Deno.errors.AddrInUse} If the port that is asked for is taken.
 */
export async function openView(options: ViewOptions): Promise<View> {
  await using opening = new AsyncDisposableStack();
  const parts = await openParts(options, opening);
  const gate = { port: 0, token: newToken() };
  const app = await guardedPage(gate);
  addRoutes(app, parts, options);
  const { port, finished } = serve(app, options.signal, options.port);
  gate.port = port;
  beginReading(parts, options);
  const held = opening.move();
  return {
    address: addressOf(gate),
    finished: finished.finally(() => held.disposeAsync()),
  };
}

/** What answers requests. */
type Parts = Awaited<ReturnType<typeof openParts>>;

async function openParts(options: ViewOptions, held: AsyncDisposableStack) {
  const { records, frame = null, correcting, signal } = options;
  const onFault = (fault: string) => options.onFault?.(fault);
  const table = await FaceTable.from(records);
  const runs = await Runs.among(options.runs);
  const events = new Events();
  const corrector = "file" in correcting
    ? held.use(await Corrector.open({ path: correcting.file, table, events, onFault, signal }))
    : correcting.off;
  const labels = await LabelCorrector.beside(correcting, { table, events, onFault });
  if (typeof labels !== "string") held.use(labels);
  const networks = held.use(new RunNetworks());
  return {
    ...{ table, runs, events, corrector, labels },
    regions: new RegionIndex(table, frame),
    scores: new FaceScores(table, (name) => runs.named(name).folder),
    tiles: held.use(new Tiles()),
    refiner: held.use(new Refiner()),
    trials: held.use(new Trials(networks)),
  };
}

function addRoutes(app: Hono, parts: Parts, options: ViewOptions): void {
  const { table, runs, events, trials } = parts;
  app.get("/api/about", async (context) => context.json(await aboutOf(options, parts)));
  app.get("/api/events", (context) => events.connect(context, options.signal));
  app.route("/api/faces", faceRoutes(parts));
  app.route("/api/faces", correctionRoutes(parts));
  app.route("/api/try", tryRoutes(trials, table, (name) => runs.named(name)));
  app.route("/api/runs", runRoutes(runs));
}

/** Reads the landmarks while the page is looked at already. */
function beginReading(
  { table, events, corrector }: Parts,
  { landmarks, signal, onFault }: ViewOptions,
): void {
  if (typeof corrector !== "string") return corrector.begin();
  if (landmarks === null) return;
  table.readLandmarks(landmarks, signal).then(
    () => events.tell({ type: "faces", version: table.version }),
    (error) => signal.aborted || onFault?.(error.message),
  );
}

/** The page's files, and refusals of what is not the page's own. */
async function guardedPage(gate: Gate): Promise<Hono> {
  const app = new Hono();
  app.use(guard(() => gate));
  app.onError((error, context) => refuse(context, 400, error.message));
  app.notFound((context) => refuse(context, 404, "There is nothing of this name."));
  app.route("/", await pageRoutes());
  return app;
}

async function aboutOf(
  { dataset, landmarks, correcting }: ViewOptions,
  { table, labels, runs }: Parts,
): Promise<About> {
  return {
    ...{ dataset, faces: table.size, landmarks, isLabelled: table.isLabelled, correcting },
    correctedLabels: typeof labels === "string" ? null : labels.path,
    runs: await runs.names(),
  };
}
