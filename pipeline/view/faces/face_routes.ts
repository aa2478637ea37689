/** `/api/faces`: which faces there are, and what is known of each. */

import { resolve } from "node:path";
import { type Context, Hono } from "hono";
import { namesOf } from "../../face/attributes.ts";
import { roundHundredth } from "../../face/record_json.ts";
import { refuse } from "../server/guard.ts";
import type { FaceDetail, FacePage, FacePlace, ListedFace } from "../wire.ts";
import { type Chosen, FaceQueries, type FaceSources } from "./face_query.ts";
import type { FaceTable } from "./face_table.ts";
import { type Tiles, wholePicture } from "./tiles.ts";

/** Most faces of one answer. */
const MOST = 500;

/** Answers questions about faces. */
export function faceRoutes(sources: FaceSources & { readonly tiles: Tiles }): Hono {
  const { table, tiles } = sources;
  const queries = new FaceQueries(sources);
  const app = new Hono();
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const { ids, scores } = await queries.choose(query);
    const from = wholeNumber(query.get("from") ?? "0");
    const to = from + Math.min(MOST, wholeNumber(query.get("count") ?? `${MOST}`));
    const faces = Array.from(ids.subarray(from, to), (id) => ({
      ...listed(table, id),
      ...(scores && { score: roundHundredth(scores[id]!) }),
    }));
    const { version } = table;
    return context.json({ total: ids.length, version, faces } satisfies FacePage);
  });
  app.get("/tiles", (context) => {
    const ids = (context.req.query("ids") ?? "").split(",").map((id) => idOf(id, table));
    const paths = ids.slice(0, MOST).map((id) => table.fault(id) === null ? table.path(id) : null);
    const type = { "content-type": "text/plain; charset=utf-8" };
    return context.body(ReadableStream.from(tiles.lines(paths)), 200, type);
  });
  app.get("/:id", (context) => context.json(detailOf(table, faceIn(context, table))));
  app.get("/:id/place", async (context) => {
    const chosen = await queries.choose(new URL(context.req.url).searchParams);
    return context.json(placeOf(chosen, faceIn(context, table)));
  });
  app.get("/:id/picture", (context) => sendPicture(context, table));
  return app;
}

/**
 * The face that a request's address names.
 *
 * @throws {RangeError} If there is none of this id.
 */
export function faceIn(context: Context, table: FaceTable): number {
  return idOf(context.req.param("id") ?? "", table);
}

function idOf(text: string, table: FaceTable): number {
  const id = wholeNumber(text);
  if (!table.has(id)) throw new RangeError(`There is no face ${id}.`);
  return id;
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RangeError("A whole number is expected.");
}

function listed(table: FaceTable, id: number): ListedFace {
  return { id, image: table.name(id), state: table.state(id) };
}

/** All that is known of a face. */
export function detailOf(table: FaceTable, id: number): FaceDetail {
  const labels = table.labels(id);
  const outcome = table.outcome(id);
  return {
    ...listed(table, id),
    path: resolve(table.path(id)),
    split: table.split(id),
    labels: labels === null ? null : namesOf(labels),
    points: outcome?.points ? Array.from(outcome.points) : null,
    reason: outcome?.reason ?? null,
    revision: table.revision(id),
    isCorrected: table.isChanged(id),
    labelRevision: table.labelRevision(id),
  };
}

function placeOf({ ids }: Chosen, id: number): FacePlace {
  const place = ids.indexOf(id);
  const [previous, next] = [ids[place - 1] ?? null, ids[place + 1] ?? null];
  return { place, total: ids.length, previous, next: place < 0 ? ids[0] ?? null : next };
}

/** A picture may have gone, or be none: that is said, and the page shows a mark in its place. */
async function sendPicture(context: Context, table: FaceTable): Promise<Response> {
  const id = faceIn(context, table);
  const fault = table.fault(id);
  if (fault !== null) return refuse(context, 404, fault);
  try {
    const { type, bytes } = await wholePicture(table.path(id));
    return context.body(bytes, 200, { "content-type": type });
  } catch (error) {
    return refuse(context, 404, error instanceof Error ? error.message : `${error}`);
  }
}
