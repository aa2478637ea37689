/** `/api/faces`: what a person says of a face. */

import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { count, fields, list, number } from "../../files/json_shape.ts";
import { polygonsOf } from "../../face/region_polygons.ts";
import { roundHundredth, roundPoints } from "../../face/record_json.ts";
import { NO_FACE, type Outcome } from "../../landmarks/corrections/corrections.ts";
import { detailOf, faceIn } from "../faces/face_routes.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { answerChange, bodyOf } from "../server/changes.ts";
import { refuse } from "../server/guard.ts";
import type { FaceRevision, PointsChange, Refined } from "../wire.ts";
import type { Corrector } from "./corrector.ts";
import type { Refiner } from "./refiner.ts";

/** Most bytes of a change. */
const MOST_BYTES = 1 << 14;

const REVISION = { revision: count };
const POINTS = { points: list(number, 136) };

/**
 * Takes changes of faces.
 *
 * @param corrector Keeps them; or a sentence why nothing does.
 * @param refiner Borrowed.
 */
export function correctionRoutes(
  table: FaceTable,
  corrector: Corrector | string,
  refiner: Refiner,
): Hono {
  const app = new Hono();
  const onError = (context: Context) => refuse(context, 413, "This is more than a face's points.");
  app.use(
    "/:id/:change{points|no-face|correction|refine}",
    bodyLimit({ maxSize: MOST_BYTES, onError }),
  );
  app.put("/:id/points", async (context) => {
    const { points, revision } = await bodyOf<PointsChange>(
      context,
      fields({ ...POINTS, ...REVISION }),
    );
    return await change(context, revision, { points: drawable(points), reason: null });
  });
  app.post("/:id/no-face", async (context) => {
    const { revision } = await bodyOf<FaceRevision>(context, fields(REVISION));
    return await change(context, revision, { points: null, reason: NO_FACE });
  });
  app.delete("/:id/correction", async (context) => {
    const { revision } = await bodyOf<FaceRevision>(context, fields(REVISION));
    return await change(context, revision, null);
  });
  app.post("/:id/refine", async (context) => {
    const { points } = await bodyOf<Pick<PointsChange, "points">>(context, fields(POINTS));
    const id = faceIn(context, table);
    const fault = table.fault(id);
    if (fault !== null) throw new Error(fault);
    const refined = await refiner.refine(table.path(id), drawable(points));
    return context.json(
      { points: refined && Array.from(refined, roundHundredth) } satisfies Refined,
    );
  });
  return app;

  async function change(
    context: Context,
    revision: number,
    outcome: Outcome | null,
  ): Promise<Response> {
    const id = faceIn(context, table);
    if (typeof corrector === "string") return refuse(context, 403, corrector);
    const keep = () => corrector.change(id, revision, outcome);
    return await answerChange(context, keep, () => detailOf(table, id));
  }
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
