/** The formats of what lies in a run folder, and of what was measured on a machine. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readMeasurement } from "../../../pipeline/compute/backend_measurements.ts";
import { readComparedRuns } from "../../../pipeline/compare/compared_run.ts";
import { keptChoices } from "../../../pipeline/compute/kernel_choices.ts";
import { readPredictions } from "../../../pipeline/metrics/predictions.ts";
import { readTunedThresholds } from "../../../pipeline/predict/thresholds.ts";
import { presetConfig } from "../../../pipeline/network/presets.ts";
import { renderPage } from "../../../pipeline/report/page.ts";
import { readRunFolder } from "../../../pipeline/report/run_folder.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipeline/files/safetensors.ts";
import {
  encodeCheckpoint,
  readCheckpoint,
} from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { readConfigFile } from "../../../pipeline/train/files/config_file.ts";
import { TrainLog } from "../../../pipeline/train/files/log.ts";
import { readModel } from "../../../pipeline/train/files/model_folder.ts";
import { readRunConfig } from "../../../pipeline/train/files/run_folder.ts";
import { BYTE_MUTATIONS, type Mutation } from "./mutations.ts";
import { JSON_MUTATIONS, withOtherValue } from "./nested_mutations.ts";
import * as files from "./run_files.ts";
import { type Bytes, bytesOf, type Target } from "./target.ts";
import { TEXT_MUTATIONS } from "./text_mutations.ts";

const TEXT = { ...BYTE_MUTATIONS, ...TEXT_MUTATIONS, ...JSON_MUTATIONS };

/** A file of a run. */
function runFile(file: string, mutations: Target["mutations"], read: Target["read"]): Target {
  const seeds = async (room: string) => {
    await files.writeRun(room);
    return [await Deno.readFile(join(room, file))];
  };
  return { seeds, file, mutations, read };
}

/** What a report makes of the folder. */
async function reportOn(_: string, room: string): Promise<void> {
  const page = await renderPage(await readRunFolder(room));
  assert.ok(page.trimEnd().endsWith("</html>"), "the page is whole");
  const nonsense = /.{0,40}(?:NaN(?: |&nbsp;)?%|="NaN"|>undefined<|\[object \w+\]).{0,20}/.exec(
    page,
  )?.[0];
  assert.ok(nonsense === undefined, `the page says ${nonsense}`);
}

/** Another value in the header, with its length put right. */
const headerMutation: Mutation = (bytes, random) => {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const text = new TextEncoder().encode(JSON.stringify(withOtherValue(header, random)));
  const result = new Uint8Array(8 + text.length + bytes.length - 8 - length);
  new DataView(result.buffer).setBigUint64(0, BigInt(text.length), true);
  result.set(text, 8);
  result.set(bytes.subarray(8 + length), 8 + text.length);
  return result;
};

/** Another value in one of the texts of the metadata that are JSON. */
const metadataMutation: Mutation = (bytes, random) => {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const names = Object.keys(metadata).filter((name) => /^[[{]/.test(metadata[name]!));
  const name = names[random.integer(names.length)]!;
  const other = JSON.stringify(withOtherValue(JSON.parse(metadata[name]!), random));
  return encodeSafetensors({ tensors, metadata: { ...metadata, [name]: other ?? "" } });
};

/** For undamaged files alone: other mutations come after them. */
function ifWhole(mutation: Mutation): Mutation {
  return (bytes, random) => {
    try {
      return mutation(bytes, random);
    } catch {
      return bytes;
    }
  };
}

export const TENSORS = {
  ...BYTE_MUTATIONS,
  "header changed": ifWhole(headerMutation),
  "metadata changed": ifWhole(metadataMutation),
};

/** A checksum that fits, if what is there can be read at all. */
async function sealCheckpoint(bytes: Bytes): Promise<Bytes> {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const named = Object.entries(tensors).map(([name, { shape, data }]) => {
      return { name, shape: [...shape], data: data as Float32Array };
    });
    return await encodeCheckpoint({
      tensors: named,
      metadata: JSON.parse(metadata.attparsenet ?? "null"),
    });
  } catch {
    return bytes;
  }
}

/** By their names. */
export const RUN_TARGETS: Readonly<Record<string, Target>> = {
  config: runFile("config.json", TEXT, async (path, room) => {
    const { network: { input, widths } } = await readRunConfig(room);
    assert.ok([...widths, input.height, input.width].every((side) => side > 0), path);
    await reportOn(path, room);
  }),
  settings: {
    ...{ seeds: () => bytesOf([files.SETTINGS]), file: "settings.json", mutations: TEXT },
    async read(path) {
      const { preset, settings } = await readConfigFile(path);
      presetConfig(preset ?? "lite", settings);
    },
  },
  log: runFile("log.ndjson", TEXT, async (path, room) => {
    // Nearly all of these are accepted, and curves take long to draw.
    const isDrawn = crc32(await Deno.readFile(path)) % 8 === 0;
    if (isDrawn) await reportOn(path, room);
    else await readRunFolder(room);
    using _ = await TrainLog.open(room, { epoch: 1, step: 3 });
  }),
  metrics: runFile("metrics.json", TEXT, async (path, room) => {
    const thresholds = await readTunedThresholds(room);
    assert.ok(thresholds.every((threshold) => threshold >= 0 && threshold <= 1), `${thresholds}`);
    await reportOn(path, room);
  }),
  predictions: runFile("predictions.safetensors", TENSORS, async (_, room) => {
    const predictions = await readPredictions(room);
    assert.ok(predictions?.logits.every(Number.isFinite), "logits");
    // Read alone, they may be of another evaluation than the metrics beside them.
    await readComparedRuns([room]).catch((error) => {
      if (!/are of different evaluations/.test(error.message)) throw error;
    });
  }),
  extremes: runFile("extremes.json", TEXT, reportOn),
  occlusion: runFile("occlusion.json", TEXT, reportOn),
  samples: runFile("samples.json", TEXT, reportOn),
  model: runFile("model/model.json", TEXT, readNetwork),
  weights: runFile("model/weights.bin", BYTE_MUTATIONS, readNetwork),
  checkpoint: {
    ...runFile("checkpoints/last.safetensors", TENSORS, async (path) => {
      const { tensors, metadata } = await readCheckpoint(path);
      for (const { name, shape, data } of tensors) {
        assert.equal(shape.reduce((product, side) => product * side, 1), data.length, name);
      }
      assert.ok(metadata.random.order.length === 4 && metadata.best.length >= 0);
    }),
    seal: sealCheckpoint,
  },
  kernels: {
    ...{ seeds: () => bytesOf([files.KERNELS]), file: "kernels.json", mutations: TEXT },
    async read(path) {
      const choices = await keptChoices(files.ADAPTER, path).read();
      assert.ok(Object.values(choices).every((name) => typeof name === "string"));
    },
  },
  backends: {
    ...{ seeds: () => bytesOf([files.BACKENDS]), mutations: TEXT },
    file: "attparsenet/backend.json",
    async read(_, room) {
      Deno.env.set("XDG_CACHE_HOME", room);
      const { seconds } = await readMeasurement({ adapter: "an adapter" }) ?? {};
      const times = Object.values(seconds ?? {});
      assert.ok(times.every((time) => time > 0 && Number.isFinite(time)), `${times}`);
    },
  },
};

async function readNetwork(_: string, room: string): Promise<void> {
  const network = await readModel(room);
  try {
    for (const weight of network.weights) {
      const numbers = await weight.read().data();
      assert.ok(numbers.every(Number.isFinite), weight.originalName);
    }
  } finally {
    network.dispose();
  }
}
