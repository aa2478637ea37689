/** Records without end through a pipe of two commands: faces are placed on worker threads, masks measured. */

import { taskCommand } from "../../processes/task_command.ts";
import type { RepeatedSample } from "../repeated_sample.ts";
import type { Reading } from "./memory_curve.ts";

/** What came of it. */
interface PipeResult {
  /** Lines that went through. */
  readonly records: number;
  readonly seconds: number;
  readonly codes: readonly number[];
  /** Of each command; of its objects nothing is known. */
  readonly readings: Readonly<Record<"landmarks" | "segments", Reading[]>>;
}

const NEWLINE = 10;

/** `landmarks --out - | segments --landmarks -`, read every so many records. */
export async function pipeRecords(
  { dataset }: RepeatedSample,
  every: number,
  out: string,
): Promise<PipeResult> {
  const started = performance.now();
  const landmarks = taskCommand(
    "landmarks",
    ["--dataset", dataset, "--boxes", "aligned", "--backend", "wasm", "--quiet", "--out", "-"],
  ).spawn();
  const segments = taskCommand(
    "segments",
    ["--landmarks", "-", "--mask-size", "41x31", "--format", "none", "--quiet", "--out", out],
    {},
    "piped",
  ).spawn();
  const readings: PipeResult["readings"] = { landmarks: [], segments: [] };
  let records = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      const before = records;
      for (const byte of chunk) if (byte === NEWLINE) records++;
      controller.enqueue(chunk);
      if (Math.floor(before / every) === Math.floor(records / every)) return;
      for (const [command, process] of Object.entries({ landmarks, segments })) {
        const reading = await readingOf(process, records);
        // A process that has ended has nothing.
        if (reading.resident > 0) readings[command as "landmarks" | "segments"].push(reading);
      }
    },
  });
  const piping = landmarks.stdout.pipeThrough(counting).pipeTo(segments.stdin);
  const texts = [landmarks.stderr, segments.stderr, segments.stdout].map((stream) =>
    new Response(stream).text()
  );
  await piping;
  const codes = (await Promise.all([landmarks.status, segments.status])).map(({ code }) => code);
  const complaints = (await Promise.all(texts)).join("");
  if (complaints !== "") throw new Error(complaints);
  return { records, seconds: (performance.now() - started) / 1000, codes, readings };
}

async function readingOf({ pid }: Deno.ChildProcess, at: number): Promise<Reading> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
    .output();
  const resident = 1024 * Number(new TextDecoder().decode(stdout));
  return { at, peak: resident, resident, held: 0, counts: {} };
}
