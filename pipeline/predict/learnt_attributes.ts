/** The attributes that a run's network has learnt. */

import { type Attribute, ATTRIBUTES } from "../face/attributes.ts";
import { exists } from "../files/write_file.ts";
import { readRunConfig } from "../train/files/run_folder.ts";

/**
 * In the order of `ATTRIBUTES`: the network answers for the others too, but by chance. All of them where
 * nothing but a model lies in the folder.
 */
export async function learntAttributes(run: string): Promise<readonly Attribute[]> {
  if (!await exists(run, "config.json")) return ATTRIBUTES;
  const { attributes } = await readRunConfig(run);
  return ATTRIBUTES.filter((name) => attributes.includes(name));
}
