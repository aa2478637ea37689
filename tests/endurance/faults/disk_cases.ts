/** Every command that writes, as small as it can be, each in a folder that holds what it needs. */

import { join } from "node:path";
import { copy } from "./copy_folder.ts";
import { writeSmallConfig, writeSmallDataset } from "./small_dataset.ts";
import { runCommandLine } from "./command_line.ts";
import { SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";

/** A command, and what lies in its folder before. */
export interface DiskCase {
  readonly name: string;
  /** Its words; paths of what it writes lie below `folder`. */
  readonly args: (folder: string) => readonly string[];
  /** What is said besides to go on after a failure. */
  readonly again?: readonly string[];
  /** Whether the folder holds a finished run, `run`. */
  readonly onRun?: boolean;
}

/** What all cases read. */
export interface Source {
  readonly folder: string;
  readonly dataset: string;
  readonly config: string;
  readonly landmarks: string;
  /** Landmarks of two faces: of each, 40 pictures are written. */
  readonly few: string;
}

/** Writes data, landmarks and a finished run into a folder. */
export async function writeSource(folder: string): Promise<Source> {
  const [dataset, config, few] = ["faces", "small.json", "few.csv"]
    .map((name) => join(folder, name)) as [string, string, string];
  const landmarks = join(folder, "run", "landmarks.csv");
  await writeSmallDataset(dataset, 8);
  await writeSmallConfig(config);
  const source = { folder, dataset, config, landmarks, few };
  const { code, err } = await runCommandLine(pipelineArgs(source, join(folder, "run")));
  if (code !== 0) throw new Error(err);
  const network = ["--format", "safetensors", "--out", join(folder, "exported")];
  const done = await runCommandLine(["export", "--run", join(folder, "run"), ...network]);
  if (done.code !== 0) throw new Error(done.err);
  const rows = (await Deno.readTextFile(landmarks)).split("\n").slice(0, 3);
  await Deno.writeTextFile(few, rows.join("\n") + "\n");
  return source;
}

/** Makes the folder of a case. */
export async function prepareCase(disk: DiskCase, source: Source, folder: string): Promise<void> {
  await Deno.mkdir(folder);
  if (disk.onRun) await copy(join(source.folder, "run"), join(folder, "run"));
}

const QUICK = ["--detector", "tiny", "--predictor", "face-api", "--backend", "wasm"];
const WASM = ["--backend", "wasm"];
const GO_ON = ["--resume"];

function pipelineArgs({ dataset, config }: Source, out: string): string[] {
  return ["pipeline", "--dataset", dataset, "--config", config, ...QUICK, "--out", out];
}

/** The cases. */
export function diskCases(source: Source): DiskCase[] {
  const { dataset, config, landmarks, few } = source;
  const attributes = join(dataset, "list_attr_celeba.txt");
  const images = join(dataset, "img_align_celeba");
  const trained = join(source.folder, "run");
  const two = ["000001.jpg", "000003.jpg"].map((name) => join(images, name));
  const exported = join(source.folder, "exported", "weights.safetensors");
  const predicting = ["predict", ...two, "--run", trained, ...WASM];
  return [
    {
      name: "landmarks",
      args: (to) =>
        ["landmarks", "--images", images, ...QUICK, "--score", SAMPLE_LANDMARKS]
          .concat("--out", join(to, "faces.csv")),
    },
    ...["bits", "png", "none", "overlay"].map((format): DiskCase => ({
      name: `segments --format ${format}`,
      args: (to) =>
        ["segments", "--landmarks", few, "--attributes", attributes, "--format", format, ...WASM]
          .concat("--images", images, "--mask-size", "24x20", "--out", join(to, "segments")),
    })),
    {
      name: "train",
      args: (to) =>
        ["train", "--dataset", dataset, "--landmarks", landmarks, "--config", config, ...WASM]
          .concat("--out", join(to, "run")),
      again: GO_ON,
    },
    {
      name: "evaluate",
      args: (to) => ["evaluate", "--run", join(to, "run"), "--dataset", dataset, ...WASM],
      onRun: true,
    },
    ...["ndjson", "csv"].map((ending): DiskCase => ({
      name: `predict --out FILE.${ending}`,
      args: (to) => [...predicting, "--out", join(to, `said.${ending}`)],
    })),
    {
      name: "predict --maps",
      args: (to) => [...predicting, "--out", join(to, "said.ndjson"), "--maps", join(to, "maps")],
    },
    {
      name: "export --format webdataset",
      args: (to) =>
        ["export", "--dataset", dataset, "--landmarks", landmarks, "--format", "webdataset"]
          .concat("--shards", "4", "--out", join(to, "shards")),
    },
    ...["onnx", "pytorch", "tfjs"].map((format): DiskCase => ({
      name: `export --format ${format}`,
      args: (to) => ["export", "--run", trained, "--format", format, "--out", join(to, "network")],
    })),
    {
      name: "import",
      args: (to) => ["import", "--from", exported, "--out", join(to, "run")],
      again: ["--force"],
    },
    { name: "report", args: (to) => ["report", "--run", join(to, "run")], onRun: true },
    { name: "compare", args: (to) => ["compare", trained, trained, "--out", join(to, "c.html")] },
    { name: "sample", args: (to) => ["sample", "--count", "2", "--out", join(to, "sample")] },
    { name: "pipeline", args: (to) => pipelineArgs(source, join(to, "run")), again: GO_ON },
  ];
}
