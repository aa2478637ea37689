/** The whole command line: every command, and the options that all of them take. */

import config from "../../deno.json" with { type: "json" };
import { defaulted, flag, optional, type Program } from "./command.ts";
import { choice, integer } from "./kinds.ts";
import { PROGRAM_NAME } from "../files/standalone.ts";
import { COMPARE } from "./commands/compare.ts";
import { completionsCommand } from "./commands/completions.ts";
import { DOCTOR } from "./commands/doctor.ts";
import { EVALUATE } from "./commands/evaluate.ts";
import { EXPORT } from "./commands/export.ts";
import { IMPORT } from "./commands/import.ts";
import { LANDMARKS } from "./commands/landmarks.ts";
import { PACK_COMMAND } from "./commands/pack.ts";
import { PIPELINE } from "./commands/pipeline.ts";
import { PREDICT } from "./commands/predict.ts";
import { REPORT } from "./commands/report.ts";
import { SAMPLE } from "./commands/sample.ts";
import { SEGMENTS } from "./commands/segments.ts";
import { TRAIN } from "./commands/train.ts";
import { VIEW } from "./commands/view.ts";

/** Every command in the order in which help lists them. */
export const PROGRAM: Program = {
  name: PROGRAM_NAME,
  version: config.version,
  summary: "Face attributes and where they are: from a folder of faces to a trained network.",
  common: {
    backend: defaulted(
      choice("auto", "webgpu", "wasm"),
      "auto",
      "what the network runs on",
    ),
    seed: optional(integer(0), "start of all random numbers"),
    quiet: flag("print nothing but errors and what was asked for"),
    json: flag("print the result as one JSON object, the last line on stdout"),
    verbose: flag(
      "say what a step of training takes; with an error, print where it happened and what caused it",
    ),
  },
  commands: [
    PIPELINE,
    LANDMARKS,
    SEGMENTS,
    PACK_COMMAND,
    TRAIN,
    EVALUATE,
    PREDICT,
    EXPORT,
    IMPORT,
    REPORT,
    COMPARE,
    VIEW,
    SAMPLE,
    DOCTOR,
    completionsCommand(() => PROGRAM),
  ],
};
