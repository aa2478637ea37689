/** `/api/faces/ID/labels`: what a person says that a face has. */

import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ATTRIBUTES } from "../../face/attributes.ts";
import { count, fields, list, oneOf } from "../../files/json_shape.ts";
import { detailOf, faceIn } from "../faces/face_routes.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { answerChange, bodyOf } from "../server/changes.ts";
import { refuse } from "../server/guard.ts";
import type { LabelsChange } from "../wire.ts";
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
    const { revision, labels } = await bodyOf<LabelsChange>(context, CHANGE);
    const keep = () => corrector.change(id, revision, labels);
    return await answerChange(context, keep, () => detailOf(table, id));
  });
  return app;
}
