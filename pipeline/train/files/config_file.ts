/** Settings from a file: JSON laid out like `RUN/config.json`, which is such a file itself. */

import { isObject, readJson } from "../../files/json_text.ts";
import { PRESETS } from "../../network/presets.ts";
import {
  checkSetting,
  flatten,
  type GivenSettings,
  type PresetName,
  unknownNames,
} from "../../network/settings.ts";
import { oneLine, quotedValue } from "../../files/quoted.ts";
import { checkSchema } from "../../files/schema.ts";

/** Names in `RUN/config.json` that say what came of a run and not how it was to be. */
const RESULTS = ["schema", "mask", "backend", "created", "versions", "data", "fingerprint"];

interface ConfigFile {
  readonly preset: PresetName | undefined;
  /** Each fits by itself; whether they fit together is not checked yet. */
  readonly settings: GivenSettings;
}

/**
 * Reads a config file.
 *
 * @throws {SyntaxError} If it is no JSON object, or has a name that is no setting or a value that does not
 * fit one; the message names the file and the setting.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const fields = await readJson(path);
  if (!isObject(fields)) throw new SyntaxError(`${path}: a JSON object of settings is expected`);
  // One that was written by hand need not say what it is.
  if (fields.schema !== undefined) checkSchema("run", fields.schema, path);
  const { preset, ...others } = fields;
  for (const group of ["network", "augmentation"]) {
    if (isObject(others[group] ?? {})) continue;
    throw new SyntaxError(`${path}: ${group} is to be an object of settings`);
  }
  const [unknown] = unknownNames(others).filter((name) => !RESULTS.includes(name));
  if (unknown !== undefined) {
    throw new SyntaxError(`${path}: there is no setting ${oneLine(unknown, 60)}`);
  }
  if (preset !== undefined && !isPreset(preset)) {
    const names = Object.keys(PRESETS).join(", ");
    throw new SyntaxError(`${path}: preset ${quotedValue(preset)} is none of ${names}`);
  }
  const settings = flatten(others);
  for (const [name, value] of Object.entries(settings)) {
    try {
      checkSetting(name as keyof GivenSettings, value);
    } catch (cause) {
      throw new SyntaxError(`${path}: ${(cause as Error).message}`, { cause });
    }
  }
  return { preset, settings };
}

function isPreset(value: unknown): value is PresetName {
  return typeof value === "string" && Object.hasOwn(PRESETS, value);
}
