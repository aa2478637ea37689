/** Requests that change a face: their bodies, and what they are answered with. */

import type { Context } from "hono";
import { Conflict } from "../../files/changes/change_journal.ts";
import type { Shape } from "../../files/json_shape.ts";
import type { ChangeRefusal, FaceDetail } from "../wire.ts";

/** @throws {SyntaxError} If the body has another shape. */
export async function bodyOf<T>(context: Context, shape: Shape): Promise<T> {
  const body: unknown = await context.req.json().catch(() => null);
  const misfit = shape(body);
  if (misfit !== null) throw new SyntaxError(`The change${misfit}.`);
  return body as T;
}

/** Makes a change and answers with the face; with status 409 if somebody else was faster. */
export async function answerChange(
  context: Context,
  change: () => Promise<void>,
  faceNow: () => FaceDetail,
): Promise<Response> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return context.json(
      { error: error.message, face: faceNow() } satisfies ChangeRefusal,
      409,
    );
  }
  return context.json(faceNow());
}
