/** The thread behind a `PictureReader`: picture files in, pixels out. */

import { isNotThere } from "../../files/write_file.ts";
import { answerTasks } from "../../streams/answer_tasks.ts";
import { openPictureFileSync } from "../picture_file.ts";
import type { PictureAnswer } from "./picture_reader.ts";
import { pictureOf, type PictureRequest } from "./read_picture.ts";

answerTasks<readonly PictureRequest[], PictureAnswer[]>(
  async (requests) => {
    const answers: PictureAnswer[] = [];
    for (const request of requests) answers.push(await answer(request));
    return answers;
  },
  (answers) => answers.flatMap((answer) => "pixels" in answer ? answer.pixels?.buffer ?? [] : []),
);

async function answer(request: PictureRequest): Promise<PictureAnswer> {
  try {
    return await pictureOf(openPictureFileSync(request.path), request);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { fault, isMissing: isNotThere(error) };
  }
}
