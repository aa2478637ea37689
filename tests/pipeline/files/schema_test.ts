import assert from "node:assert/strict";
import { join } from "node:path";
import {
  KERNELS,
  measurementPath,
  readMeasurement,
} from "../../../pipeline/compute/backend_measurements.ts";
import { keptChoices } from "../../../pipeline/compute/kernel_choices.ts";
import { openJournal } from "../../../pipeline/landmarks.ts";
import { Corrections } from "../../../pipeline/landmarks/corrections/corrections.ts";
import { unfinishedPath } from "../../../pipeline/landmarks/files/landmark_journal.ts";
import { MetricsAccumulator } from "../../../pipeline/metrics/metrics.ts";
import { readForeignWeights } from "../../../pipeline/import/foreign_weights.ts";
import { readPredictions } from "../../../pipeline/metrics/predictions.ts";
import { summarise } from "../../../pipeline/evaluate/occlusion/shifts.ts";
import { readTunedThresholds } from "../../../pipeline/predict/thresholds.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import { readRecords } from "../../../pipeline/face/record_json.ts";
import { readRunFolder } from "../../../pipeline/report/run_folder.ts";
import { encodeSafetensors, type Safetensors } from "../../../pipeline/files/safetensors.ts";
import { checkSchema, SchemaError, schemaOf } from "../../../pipeline/files/schema.ts";
import type { SchemaName } from "../../../pipeline/files/schema.ts";
import { readShards } from "../../../pipeline/export/shards/shard_index.ts";
import { Pack } from "../../../pipeline/pack.ts";
import { readMaskSize } from "../../../pipeline/segments/coverage_files.ts";
import { train } from "../../../pipeline/train.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { FRESH } from "../../../pipeline/train/schedule.ts";
import { makeCard } from "../../../pipeline/train/card/model_card.ts";
import { readCard } from "../../../pipeline/train/card/card_files.ts";
import { readCheckpoint } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { CheckpointFolder } from "../../../pipeline/train/checkpoints/checkpoint_folder.ts";
import { readConfigFile } from "../../../pipeline/train/files/config_file.ts";
import { TrainLog } from "../../../pipeline/train/files/log.ts";
import { readModel } from "../../../pipeline/train/files/model_folder.ts";
import { readRunConfig, type RunConfig } from "../../../pipeline/train/files/run_folder.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { inCache } from "../../contexts/cache_context.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** A kind of file in a folder. */
interface Format {
  /** Where it lies. */
  readonly file: string;
  /** Its content besides the mark. */
  readonly content: object;
  /** How it is laid out; as JSON by default. */
  readonly encode?: (fields: object) => string | Uint8Array;
  /** Every way in which it is read. */
  readonly readers: readonly ((folder: string) => Promise<unknown>)[];
  /** Whether the mark may be missing, as it was once. */
  readonly isOptional?: true;
}

/** The configuration of a run that has just begun. */
const RUN: RunConfig = {
  ...trainConfig("lite"),
  ...{ mask: { height: 2, width: 2 }, backend: "wasm", created: "", versions: {}, data: {} },
};

const report = (folder: string) => readRunFolder(folder);

/** What the program refuses if it is of another version; the caches are measured anew. */
const FORMATS: Readonly<
  Record<Exclude<SchemaName, "unfinished-landmarks" | "backend-choice" | "kernel-choices">, Format>
> = {
  record: {
    file: "records.ndjson",
    content: {
      ...{ image: "1.jpg", path: "1.jpg", split: null, attributes: null, size: null },
      ...{ box: null, points: null, rejected: null },
    },
    readers: [async (folder) => {
      const path = join(folder, "records.ndjson");
      const file = await Deno.open(path);
      return Array.fromAsync(readRecords(file.readable, path));
    }],
  },
  corrections: {
    file: "faces.corrections.ndjson",
    content: { image: "1.jpg", points: null, reason: "no face found" },
    // Without its end it would be a torn line, which is none.
    encode: (fields) => JSON.stringify(fields) + "\n",
    readers: [(folder) => new Corrections(join(folder, "faces.csv")).read()],
  },
  segments: {
    file: "segments.json",
    content: { mask: { height: 96, width: 76 } },
    readers: [readMaskSize],
  },
  run: {
    file: "config.json",
    content: trainConfig("lite"),
    readers: [readRunConfig, report],
  },
  log: {
    file: "log.ndjson",
    content: { type: "step", step: 0, epoch: 0 },
    readers: [report],
    isOptional: true,
  },
  checkpoint: {
    file: "checkpoints/last.safetensors",
    content: {
      ...{ epoch: 1, batch: 0, step: 3, patience: FRESH, best: [] },
      random: { order: new Random(1).state, changes: new Random(2).state },
      sums: { losses: [0, 0, 0], images: 0, seconds: 0, waited: 0 },
    },
    encode: (fields) => tensorFile({ attparsenet: JSON.stringify(fields) }),
    readers: [(folder) => readCheckpoint(join(folder, "checkpoints", "last.safetensors"))],
  },
  model: {
    file: "model/model.json",
    content: { modelTopology: null, weightsManifest: [{ paths: ["weights.bin"], weights: [] }] },
    // tfjs knows better what else may be wrong with a model.
    readers: [(folder) => readModel(folder).catch(onlySchema)],
    isOptional: true,
  },
  card: {
    file: "model/card.json",
    content: makeCard(RUN, null),
    readers: [readCard],
  },
  weights: {
    file: "weights.safetensors",
    content: {},
    encode: (fields) => tensorFile(fields as Safetensors["metadata"]),
    readers: [
      (folder) => readForeignWeights(join(folder, "weights.safetensors")).catch(onlySchema),
    ],
    isOptional: true,
  },
  metrics: {
    file: "metrics.json",
    content: new MetricsAccumulator().result("test"),
    readers: [
      report,
      (folder) => readTunedThresholds(folder).catch(onlySchema),
    ],
    isOptional: true,
  },
  predictions: {
    file: "predictions.safetensors",
    content: { split: "test", images: "[]" },
    encode: (fields) => tensorFile(fields as Safetensors["metadata"]),
    readers: [readPredictions],
  },
  pack: {
    file: "pack.safetensors",
    content: { index: "00000000" },
    encode: (fields) => tensorFile(fields as Safetensors["metadata"]),
    readers: [(folder) => Pack.open(join(folder, "pack.safetensors")).catch(onlySchema)],
  },
  shards: {
    file: "shards.json",
    content: { shards: [] },
    readers: [readShards],
  },
  samples: {
    file: "samples.json",
    content: { faces: [] },
    readers: [report],
  },
  occlusion: {
    file: "occlusion.json",
    content: summarise([], "test"),
    readers: [report],
  },
  extremes: {
    file: "extremes.json",
    content: { best: [], worst: [] },
    readers: [report],
    isOptional: true,
  },
};

function tensorFile(metadata: Safetensors["metadata"]): Uint8Array {
  const none = { shape: [0, 40], data: new Float32Array() };
  const [counts, flags] = [new Uint32Array(), new Uint8Array()];
  const tensors = {
    logits: none,
    intersection: { shape: [0, 40], data: counts },
    union: { shape: [0, 40], data: counts },
    labels: { shape: [0, 40], data: flags },
  };
  return encodeSafetensors({ tensors: metadata.attparsenet ? { x: none } : tensors, metadata });
}

function onlySchema(error: unknown): void {
  if (error instanceof SchemaError) throw error;
}

async function writeFormat(folder: string, format: Format, schema: string | undefined) {
  const { file, content, encode = JSON.stringify } = format;
  const path = join(folder, file);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeFile(join(path, "..", "weights.bin"), new Uint8Array());
  const bytes = encode({ schema, ...content });
  await Deno.writeFile(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
}

/** The version in `attparsenet/run@1`. */
function versionOf(name: SchemaName): number {
  return Number(schemaOf(name).split("@")[1]);
}

for (const [key, format] of Object.entries(FORMATS)) {
  const name = key as keyof typeof FORMATS;
  Deno.test(`what is read of schema ${name} says which version wrote it, and what to do`, () =>
    inFolder(async (folder) => {
      const own = schemaOf(name);
      const mark = `attparsenet/${name}@`;
      if (name !== "run") await writeFormat(folder, FORMATS.run, schemaOf("run"));
      const rejects = async (schema: string | undefined, ...parts: string[]) => {
        await writeFormat(folder, format, schema);
        for (const read of format.readers) {
          await assert.rejects(read(folder), (error) => {
            assert(error instanceof SchemaError);
            for (const part of [join(folder, format.file), own, ...parts]) {
              assert(error.message.includes(part), `${part} in ${error.message}`);
            }
            assert.match(error.message, /: [^:]{10,}(: train --from RUN)?$/, "what to do");
            return true;
          });
        }
      };
      const passes = async (schema?: string) => {
        await writeFormat(folder, format, schema);
        for (const read of format.readers) await read(folder);
      };
      await passes(own);
      await rejects(`${mark}${versionOf(name) + 1}`, "update the program", "is of schema");
      await rejects(`${mark}12`, `of schema ${mark}12, and this program reads ${own}: update`);
      await rejects("attparsenet/other@1", '"schema" must be', 'is "attparsenet/other@1"');
      await rejects("run", '"schema" must be');
      if (format.isOptional) await passes();
      else {
        await rejects(undefined, '"schema" must be', "is missing");
        await rejects(`${mark}0`, `of schema ${mark}0, and this program reads ${own}: `);
      }
    }));
}

Deno.test("checkSchema() knows every kind, and takes none for another", () => {
  const known = [
    ...Object.keys(FORMATS),
    ...["unfinished-landmarks", "backend-choice", "kernel-choices"],
  ] as SchemaName[];
  for (const name of known) {
    checkSchema(name, schemaOf(name), "here");
    for (const other of known) {
      if (other === name) continue;
      assert.throws(() => checkSchema(name, schemaOf(other), "here"), SchemaError);
    }
  }
});

Deno.test("readConfigFile() refuses the settings of a newer version, and minds no missing schema", () =>
  inFolder(async (folder) => {
    const path = join(folder, "mine.json");
    await Deno.writeTextFile(path, '{"schema":"attparsenet/run@2","epochs":3}');
    await assert.rejects(readConfigFile(path), {
      message: /mine\.json: it is of .*run@2.*: update/,
    });
    await Deno.writeTextFile(path, '{"epochs":3}');
    assert.deepEqual((await readConfigFile(path)).settings, { epochs: 3 });
  }));

Deno.test("openJournal() keeps what a newer version has found, and begins anew after an older one", () =>
  inFolder(async (folder) => {
    const out = join(folder, "faces.csv");
    const path = unfinishedPath(out);
    const head = JSON.stringify({ schema: schemaOf("unfinished-landmarks"), settings: {} });
    const newer = head.replace("@1", "@2") + "\n{}\n";
    await Deno.writeTextFile(path, newer);
    await assert.rejects(openJournal(out, {}), {
      name: "SyntaxError",
      message: /faces\.unfinished\.ndjson: it is of schema .*landmarks@2, .*landmarks@1: update/,
    });
    assert.equal(await Deno.readTextFile(path), newer);
    const newerLine = `${head}\n{"schema":"attparsenet/record@2"}\n`;
    await Deno.writeTextFile(path, newerLine);
    await assert.rejects(openJournal(out, {}), { message: /record@2.*record@1: update/ });
    assert.equal(await Deno.readTextFile(path), newerLine);
    await Deno.writeTextFile(path, head.replace("@1", "@0") + "\n{}\n");
    await using journal = await openJournal(out, {});
    assert.match(journal.notice!, /or of another version: the work starts anew/);
  }));

Deno.test("what a newer version has measured is measured anew", () =>
  inCache(async (folder) => {
    const path = join(folder, "kernels.json");
    const adapter = { vendor: "v", architecture: "a", device: "d", description: "x" };
    const store = keptChoices(adapter, path);
    await store.write({ a: "registers" });
    assert.deepEqual(await store.read(), { a: "registers" });
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("kernel-choices@1", "kernel-choices@2"));
    assert.deepEqual(await store.read(), {});
    const seconds = { webgpu: 1, wasm: 2 };
    const kept = { adapter: "x", network: "n", batch: 8, kernels: KERNELS, seconds };
    await Deno.mkdir(join(measurementPath()!, ".."), { recursive: true });
    const write = (schema?: string) =>
      Deno.writeTextFile(measurementPath()!, JSON.stringify({ schema, measurements: [kept] }));
    for (const schema of [undefined, schemaOf("backend-choice")]) {
      await write(schema);
      assert.deepEqual(await readMeasurement({ adapter: "x" }), kept);
    }
    await write("attparsenet/backend-choice@2");
    assert.equal(await readMeasurement({ adapter: "x" }), null);
  }));

Deno.test("a run with a checkpoint of an older version cannot go on, and lends its weights", () =>
  inFolder(async (folder) => {
    const [old, run] = [join(folder, "old"), join(folder, "new")];
    using backend = await openBackend("wasm");
    const config = smallConfig({ epochs: 1 });
    const options = () => ({ records: someFaces(), backend, config });
    await train({ ...options(), out: old });
    // As older versions wrote it: without a checksum.
    const fields = { schema: "attparsenet/checkpoint@1", epoch: 1, step: 3 };
    const last = join(old, "checkpoints", "last.safetensors");
    await Deno.writeFile(last, tensorFile({ attparsenet: JSON.stringify(fields) }));
    await assert.rejects(
      train({ ...options(), out: old, resume: true }),
      /last\.safetensors: it is of .*checkpoint@1, .*checkpoint@2: .* start from its model: train --from/,
    );
    await Deno.writeFile(
      last,
      tensorFile({ attparsenet: '{"schema":"attparsenet/checkpoint@3"}' }),
    );
    await Deno.copyFile(last, join(old, "checkpoints", "previous.safetensors"));
    await assert.rejects(
      new CheckpointFolder(old).read(),
      /last\.safetensors: it is .*@3, .*: update/,
    );
    const { epochs } = await train({ ...options(), config: { ...config, from: old }, out: run });
    assert.equal(epochs, 1);
  }));

Deno.test("each line of a run's log says what it is", () =>
  inFolder(async (folder) => {
    {
      using log = await TrainLog.open(folder, { epoch: 0, step: 0 });
      const losses = { loss: 1, attributeLoss: 1, maskLoss: 0 };
      for (const step of [0, 1]) {
        log.write({ type: "step", step, epoch: 0, learningRate: 0.1, ...losses });
      }
    }
    const lines = (await Deno.readTextFile(join(folder, "log.ndjson"))).trim().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).schema), Array(2).fill(schemaOf("log")));
  }));
