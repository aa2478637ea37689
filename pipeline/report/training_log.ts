/** `log.ndjson`: what training wrote down, a line a step and an epoch. */

import { FACE_COUNT, type FaceCount } from "../face/face_count.ts";
import { checkSchema } from "../files/schema.ts";
import {
  type EpochLine,
  LONGEST_LINE,
  type Losses as LogLosses,
  type StepLine,
  type Validation,
} from "../train/files/log.ts";

/** What a line says, as far as it does: null stands for what is missing or no number. */
type Found<T> = { readonly [Name in keyof T]: T[Name] | null };

/** The losses of a step, or their means over an epoch. */
export type Losses = Found<LogLosses>;

export interface StepEntry extends Losses, Found<Pick<StepLine, "learningRate">> {
  /** Counted from 0. */
  readonly step: number;
  readonly epoch: number;
}

/** A step and where it lies in the training. */
interface PlacedStep extends StepEntry {
  /** 2.5 is half way through the third epoch. */
  readonly epochs: number;
}

export interface EpochEntry
  extends Found<Pick<EpochLine, "learningRate" | "seconds" | "imagesPerSecond" | "waitShare">> {
  /** Counted from 0. */
  readonly epoch: number;
  readonly train: Losses;
  /** Null where the epoch was not validated. */
  readonly validation: Found<Validation> | null;
}

/** The whole log, in the order of training. */
export interface TrainingLog {
  /** What each stage made of the faces. */
  readonly faces: readonly FaceCount[];
  readonly steps: readonly PlacedStep[];
  readonly epochs: readonly EpochEntry[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the text of a log. Where a resumed run wrote a step, an epoch or a stage again, the later line counts.
 * A last line without its end is left out: the run was stopped, or still goes on.
 *
 * @param path name of the file, for messages
 * @throws {SyntaxError} If another line is not a JSON object, or of another version.
 */
export function parseLog(text: string, path: string): TrainingLog {
  const steps = new Map<number, Fields>();
  const epochs = new Map<number, Fields>();
  const faces = new Map<string, FaceCount>();
  const lines = text.split("\n");
  const unfinished = lines.pop() ?? "";
  if (isComplete(unfinished)) lines.push(unfinished);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = parseLine(line, `${path}:${index + 1}`);
    const epoch = numberIn(entry, "epoch");
    const step = numberIn(entry, "step");
    if (entry.type === "epoch" && epoch !== null) epochs.set(epoch, entry);
    if (entry.type === "faces") {
      const count = countIn(entry, `${path}:${index + 1}`);
      faces.set(count.stage, count);
    }
    if (entry.type === "step" && step !== null) steps.set(step, entry);
  }
  return {
    faces: [...faces.values()],
    steps: placeSteps(inOrder(steps)),
    epochs: inOrder(epochs).map(([epoch, entry]) => epochEntry(epoch, entry)),
  };
}

function countIn(entry: Fields, where: string): FaceCount {
  const misfit = FACE_COUNT(entry);
  if (misfit === null) return entry as unknown as FaceCount;
  throw new SyntaxError(`${where}: counts of faces are expected: ${misfit.slice(1)}`);
}

function isComplete(line: string): boolean {
  if (line.length > LONGEST_LINE) return false;
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

function parseLine(line: string, where: string): Fields {
  if (line.length > LONGEST_LINE) {
    throw new SyntaxError(`${where}: the line is longer than ${LONGEST_LINE} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`${where}: the line is not JSON`, { cause });
  }
  if (typeof value !== "object" || value === null) {
    throw new SyntaxError(`${where}: a JSON object is expected`);
  }
  checkSchema("log", (value as Fields).schema, where);
  return value as Fields;
}

function inOrder(entries: ReadonlyMap<number, Fields>): [number, Fields][] {
  return [...entries].sort(([a], [b]) => a - b);
}

/** Spreads the steps of each epoch evenly over it; all are taken to be as long as the longest. */
function placeSteps(steps: readonly [number, Fields][]): PlacedStep[] {
  const counts = new Map<number, number>();
  for (const [, entry] of steps) {
    const epoch = numberIn(entry, "epoch") ?? 0;
    counts.set(epoch, (counts.get(epoch) ?? 0) + 1);
  }
  const [longest = 1] = [...counts.values()].sort((a, b) => b - a);
  const seen = new Map<number, number>();
  return steps.map(([step, entry]) => {
    const epoch = numberIn(entry, "epoch") ?? 0;
    const before = seen.get(epoch) ?? 0;
    seen.set(epoch, before + 1);
    const epochs = epoch + (before + 0.5) / longest;
    return { step, epoch, epochs, ...numbersIn(entry, ["learningRate"]), ...lossesOf(entry) };
  });
}

const MEASURES = [
  ...["loss", "attributeLoss", "maskLoss", "accuracy", "balancedAccuracy", "localisationIoU"],
  ...["priorIoU", "pointing", "maskIoU"],
] as (keyof Validation)[];

function epochEntry(epoch: number, entry: Fields): EpochEntry {
  const validation = fieldsIn(entry, "validation");
  return {
    epoch,
    ...numbersIn(entry, ["learningRate", "seconds", "imagesPerSecond", "waitShare"]),
    train: lossesOf(fieldsIn(entry, "train") ?? {}),
    validation: validation && numbersIn(validation, MEASURES),
  };
}

function lossesOf(fields: Fields): Losses {
  return numbersIn(fields, ["loss", "attributeLoss", "maskLoss"]);
}

function numbersIn<Name extends string>(
  fields: Fields,
  names: readonly Name[],
): Record<Name, number | null> {
  const found = names.map((name) => [name, numberIn(fields, name)]);
  return Object.fromEntries(found) as Record<Name, number | null>;
}

function fieldsIn(fields: Fields, name: string): Fields | null {
  const value = fields[name];
  return typeof value === "object" && value !== null ? value as Fields : null;
}

function numberIn(fields: Fields, name: string): number | null {
  const value = fields[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
