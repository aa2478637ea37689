/**
 * Settings from a file: JSON laid out like `RUN/config.json`, which is such a file itself.
 *
 * @module
 */

import { type PresetName, PRESETS } from "../presets.ts";
import { checkSchema } from "../schema.ts";
import { flatten, type GivenSettings, unknownNames } from "../settings.ts";

/** Names in `RUN/config.json` that say what came of a run and not how it was to be. */
const RESULTS = ["schema", "mask", "backend", "created", "versions", "data", "fingerprint"];

/** What a config file says. */
export interface ConfigFile {
  readonly preset: PresetName | undefined;
  /** Not checked yet, but for their names. */
  readonly settings: GivenSettings;
}

/**
 * Reads a config file.
 *
 * @throws {SyntaxError} If it is no JSON object or has a name that is no setting; the message names it.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const text = await Deno.readTextFile(path);
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isObject(fields)) throw new SyntaxError(`${path}: a JSON object of settings is expected`);
  // One that was written by hand need not say what it is.
  if (fields.schema !== undefined) checkSchema("run", fields.schema, path);
  const { preset, ...others } = fields;
  for (const group of ["network", "augmentation"]) {
    if (isObject(others[group] ?? {})) continue;
    throw new SyntaxError(`${path}: ${group} is to be an object of settings`);
  }
  const [unknown] = unknownNames(others).filter((name) => !RESULTS.includes(name));
  if (unknown !== undefined) throw new SyntaxError(`${path}: there is no setting ${unknown}`);
  if (preset !== undefined && !isPreset(preset)) {
    const names = Object.keys(PRESETS).join(", ");
    throw new SyntaxError(`${path}: preset ${JSON.stringify(preset)} is none of ${names}`);
  }
  return { preset, settings: flatten(others) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPreset(value: unknown): value is PresetName {
  return typeof value === "string" && Object.hasOwn(PRESETS, value);
}
