/** The list beside a landmarks file of the images that it lacks, and why. */

import { exists } from "../../files/write_file.ts";
import { isObject } from "../../files/json_text.ts";
import { readLines } from "../../files/read_lines.ts";

/**
 * Why images have no landmarks, by their names. It is a help to who reads it, and no more: there may be no such
 * list, and what cannot be read of it is left out.
 */
export async function readRejections(path: string): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  if (!await exists(path)) return reasons;
  try {
    const file = await Deno.open(path);
    for await (const { text } of readLines(file.readable, path)) {
      const line = rejectionOf(text);
      if (line) reasons.set(...line);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return reasons;
}

/** The image and the reason of a line; null if it has none. */
export function rejectionOf(text: string): [image: string, reason: string] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    const { image, reason } = value;
    return typeof image === "string" && typeof reason === "string" ? [image, reason] : null;
  } catch {
    return null;
  }
}
