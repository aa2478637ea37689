/** `/api/faces`: what a person says of a face. */

import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ATTRIBUTES } from "../../face/attributes.ts";
import { polygonsOf } from "../../face/region_polygons.ts";
import { roundHundredth, roundPoints } from "../../face/record_json.ts";
import { Conflict } from "../../files/changes/change_journal.ts";
import { count, fields, list, number, oneOf, type Shape } from "../../files/json_shape.ts";
import { NO_FACE } from "../../landmarks/corrections/corrections.ts";
import { detailOf, faceIn } from "../faces/face_routes.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { refuse } from "../server/guard.ts";
import type { ChangeRefusal, FaceRevision, LabelsChange, PointsChange, Refined } from "../wire.ts";
import type { Corrector } from "./corrector.ts";
import type { LabelCorrector } from "./label_corrector.ts";
import type { Refiner } from "./refiner.ts";

/** Most bytes of a change. */
const MOST_BYTES = 1 << 14;

const REVISION = { revision: count };
const POINTS = { points: list(number, 136) };
const LABELS = { labels: list(oneOf(...ATTRIBUTES)) };

/** What a change is asked of, all borrowed. */
interface Correctors {
  readonly table: FaceTable;
  /** Keeps points; or a sentence why nothing does. */
  readonly corrector: Corrector | string;
  /** The same of labels. */
  readonly labels: LabelCorrector | string;
  readonly refiner: Refiner;
}

/** Keeps changes of one kind. @throws {Conflict} If somebody else was faster. */
interface Keeper<C> {
  change(id: number, revision: number, change: C): Promise<void>;
}

/** Takes changes of faces. */
export function correctionRoutes({ table, corrector, labels, refiner }: Correctors): Hono {
  const app = new Hono();
  const onError = (context: Context) => refuse(context, 413, "This is more than a face's change.");
  app.use(
    "/:id/:change{points|labels|no-face|correction|refine}",
    bodyLimit({ maxSize: MOST_BYTES, onError }),
  );
  app.put("/:id/points", async (context) => {
    const { points, revision } = await bodyOf<PointsChange>(context, { ...POINTS, ...REVISION });
    return await change(context, corrector, revision, { points: drawable(points), reason: null });
  });
  app.put("/:id/labels", async (context) => {
    const body = await bodyOf<LabelsChange>(context, { ...LABELS, ...REVISION });
    return await change(context, labels, body.revision, body.labels);
  });
  app.post("/:id/no-face", async (context) => {
    const { revision } = await bodyOf<FaceRevision>(context, REVISION);
    return await change(context, corrector, revision, { points: null, reason: NO_FACE });
  });
  app.delete("/:id/correction", async (context) => {
    const { revision } = await bodyOf<FaceRevision>(context, REVISION);
    return await change(context, corrector, revision, null);
  });
  app.post("/:id/refine", async (context) => {
    const { points } = await bodyOf<Pick<PointsChange, "points">>(context, POINTS);
    const id = faceIn(context, table);
    const fault = table.fault(id);
    if (fault !== null) throw new Error(fault);
    const refined = await refiner.refine(table.path(id), drawable(points));
    return context.json(
      { points: refined && Array.from(refined, roundHundredth) } satisfies Refined,
    );
  });
  return app;

  /** Answers with the face; with status 409 if somebody else was faster. */
  async function change<C>(
    context: Context,
    keeper: Keeper<C> | string,
    revision: number,
    change: C,
  ): Promise<Response> {
    const id = faceIn(context, table);
    if (typeof keeper === "string") return refuse(context, 403, keeper);
    try {
      await keeper.change(id, revision, change);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      const face = detailOf(table, id);
      return context.json({ error: error.message, face } satisfies ChangeRefusal, 409);
    }
    return context.json(detailOf(table, id));
  }
}

/** @throws {SyntaxError} If the body has other fields. */
async function bodyOf<T>(
  context: Context,
  shape: Readonly<Record<string, Shape>>,
): Promise<T> {
  const body: unknown = await context.req.json().catch(() => null);
  const misfit = fields(shape)(body);
  if (misfit !== null) throw new SyntaxError(`The change${misfit}.`);
  return body as T;
}

/**
 * Points as files have them.
 *
 * @throws {RangeError} If they lie so far out that no region can be drawn.
 */
function drawable(points: readonly number[]): Float32Array {
  const rounded = roundPoints(points);
  polygonsOf(rounded);
  return rounded;
}
