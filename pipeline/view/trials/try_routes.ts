/** `/api/try`: photographs and faces shown to networks. */

import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { quoted } from "../../files/quoted.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { refuse } from "../server/guard.ts";
import type { CutRequest } from "./cut_faces.ts";
import type { NamedRun, Trials } from "./trials.ts";

/** Most bytes of a photograph. */
const MOST_BYTES = 64 * 2 ** 20;
/** Most networks that are asked at once. */
const MOST_RUNS = 2;
/** Most faces of the data set that they are asked of at once. */
const MOST_FACES = 32;

/**
 * Answers what the networks of runs (`?run=NAME`, once or twice) say of the photograph that is the body, or of
 * the faces `&face=ID`. Of a photograph with `&all=1` all faces are taken. The best epoch's networks are asked,
 * or those after `&epoch=N` (from 0).
 *
 * @param runNamed Finds a run by its name. @throws {RangeError} If there is none.
 */
export function tryRoutes(
  trials: Trials,
  table: FaceTable,
  runNamed: (name: string) => NamedRun,
): Hono {
  const app = new Hono();
  const onError = (context: Context) =>
    refuse(context, 413, "This file has more than 64 MB: make the picture smaller.");
  app.post("/", bodyLimit({ maxSize: MOST_BYTES, onError }), async (context) => {
    const query = new URL(context.req.url).searchParams;
    const names = query.getAll("run");
    if (names.length < 1 || names.length > MOST_RUNS) {
      throw new RangeError(`Name one run, or ${MOST_RUNS} of them.`);
    }
    const requests = await cutRequests(context, query, table);
    const epoch = query.has("epoch") ? countIn(query.get("epoch")!, "epoch") : null;
    return context.json(await trials.look(requests, names.map(runNamed), epoch));
  });
  return app;
}

async function cutRequests(
  context: Context,
  query: URLSearchParams,
  table: FaceTable,
): Promise<CutRequest[]> {
  const faces = query.getAll("face");
  if (faces.length > MOST_FACES) throw new RangeError(`Name ${MOST_FACES} faces at most.`);
  if (faces.length > 0) return faces.map((face) => faceRequest(face, table));
  const photo = new Uint8Array(await context.req.arrayBuffer());
  return [{ photo, part: query.get("all") === "1" ? "faces" : "face" }];
}

/** A face of a data set is taken whole, as training and `evaluate` take it; in a photograph it is to be found. */
function faceRequest(text: string, table: FaceTable): CutRequest {
  const id = countIn(text, "face");
  if (!table.has(id)) throw new RangeError(`There is no face ${text}.`);
  const fault = table.fault(id);
  if (fault !== null) throw new Error(fault);
  return { photo: table.path(id), part: table.labels(id) === null ? "face" : "whole" };
}

function countIn(text: string, what: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RangeError(`There is no ${what} ${quoted(text)}.`);
}
