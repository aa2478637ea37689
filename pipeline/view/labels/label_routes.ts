/** `/api/faces/ID/labels`: what a person says that a face has. */

import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ATTRIBUTES } from "../../face/attributes.ts";
import { Conflict } from "../../files/changes/change_journal.ts";
import { count, fields, list, oneOf } from "../../files/json_shape.ts";
import { detailOf, faceIn } from "../faces/face_routes.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { refuse } from "../server/guard.ts";
import type { ChangeRefusal, LabelsChange } from "../wire.ts";
import type { LabelCorrector } from "./label_corrector.ts";

/** Most bytes of a change: all names take 600. */
const MOST_BYTES = 1 << 12;

const CHANGE = fields({ revision: count, labels: list(oneOf(...ATTRIBUTES)) });

/**
 * Takes changes of labels.
 *
 * @param corrector Keeps them; or a sentence why nothing does.
 */
export function labelRoutes(table: FaceTable, corrector: LabelCorrector | string): Hono {
  const app = new Hono();
  app.put("/:id/labels", bodyLimit({ maxSize: MOST_BYTES }), async (context) => {
    const id = faceIn(context, table);
    if (typeof corrector === "string") return refuse(context, 403, corrector);
    const body: unknown = await context.req.json().catch(() => null);
    const misfit = CHANGE(body);
    if (misfit !== null) throw new SyntaxError(`The change${misfit}.`);
    const { revision, labels } = body as LabelsChange;
    try {
      await corrector.change(id, revision, labels);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      const answer = { error: error.message, face: detailOf(table, id) };
      return context.json(answer satisfies ChangeRefusal, 409);
    }
    return context.json(detailOf(table, id));
  });
  return app;
}
