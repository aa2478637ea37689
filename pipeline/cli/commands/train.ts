import { resolve } from "node:path";
import { startBackend } from "../stages/starting.ts";
import { command, optional, required } from "../command.ts";
import { DAMAGED, FOLLOW_LINKS, openShown } from "../stages/dataset_options.ts";
import { file, folder, folderToWrite } from "../kinds.ts";
import { datasetCounts } from "../stages/face_counts.ts";
import { facesWithLandmarks } from "../stages/landmarking.ts";
import { PACK, packWish } from "../stages/packing.ts";
import { THREADED } from "../stages/placing.ts";
import { refuseBoth, runTraining, TRAINING, trainingConfig } from "../stages/training.ts";

export const TRAIN = command({
  name: "train",
  needs: ["read", "write", "gpu", "cache", "disk"],
  summary: "Train the network",
  details:
    "Writes RUN/config.json, RUN/log.ndjson (a line a step and an epoch), RUN/checkpoints/ " +
    "and RUN/model/. A run that was stopped in whatever way goes on with --resume, and ends with the " +
    "weights of one that was not; one that had not begun begins.\n" +
    "Faces without labels, a split, landmarks or a readable image are left out, counted by reason. Where " +
    "more of those to train and validate on are missing than --allow-missing (0.05: one in twenty), " +
    "nothing is trained, since a part of the data was forgotten more likely than not.",
  options: {
    dataset: required(folder(), "folder of the data set"),
    landmarks: required(file(), "landmarks file of its images"),
    labels: optional(file(), "label file instead of the data set's own"),
    followLinks: FOLLOW_LINKS,
    damaged: DAMAGED,
    ...TRAINING,
    ...THREADED,
    ...PACK,
    out: required(folderToWrite("RUN"), "folder of the run"),
  },
  examples: [
    ["--dataset celeba --landmarks landmarks.csv --out runs/first", "with the defaults"],
    ["--dataset celeba --landmarks landmarks.csv --out runs/first --resume", "go on"],
    [
      "--dataset celeba --landmarks celeba.csv --out runs/adamw --optimizer adamw --schedule cosine " +
      "--warmup 1-epoch --clip 1 --patience 5 --epochs 40",
      "AdamW, for as long as validation improves",
    ],
    [
      "--dataset celeba --landmarks celeba.csv --out runs/hats --from runs/adamw " +
      "--attributes Wearing_Hat,Eyeglasses --lr 0.001 --epochs 3",
      "two attributes, from the weights of another run",
    ],
    ["--preset paper --batch 10 --accumulate 4 --print-config > mine.json", "settings to a file"],
    [
      "--dataset celeba --landmarks celeba.csv --out runs/mine --config mine.json --seed 65",
      "and from it, but for one",
    ],
  ],
  async run(values, context) {
    const config = await trainingConfig(values);
    if (values.printConfig) return await context.terminal.record(JSON.stringify(config, null, 2));
    const { requireRecords } = await import("../../train/faces/choose_faces.ts");
    const { hasBegun } = await import("../../train/files/run_folder.ts");
    const { dataset: root, landmarks, labels, damaged, out, force, verbose } = values;
    const { terminal, signal } = context;
    refuseBoth(values);
    const resume = values.resume && await hasBegun(out);
    if (values.resume && !resume) terminal.note(`there is no run in ${out} yet: it begins`);
    const dataset = await openShown(root, { ...values, seed: config.seed }, context);
    // Read before anything is written, so that a wrong file costs nothing, with --force neither.
    const joins = datasetCounts(dataset, terminal);
    const { faces, count } = await facesWithLandmarks(landmarks, dataset, context);
    if (!resume) await requireRecords({ records: ReadableStream.from(faces), config, signal });
    const records = ReadableStream.from(faces);
    using backend = await startBackend(values, terminal, config);
    const data = {
      dataset: resolve(root),
      landmarks: resolve(landmarks),
      ...(labels !== undefined && { labels: resolve(labels) }),
      ...(damaged === "use" && { damaged }),
    };
    const onStart = () => context.onInterrupt(`Go on with: ${context.again("--resume")}`);
    // What lies there without a run is a killed process's, which `hasBegun` has looked at.
    const replaces = force || values.resume && !resume;
    const run = { out, resume, force: replaces };
    const counts = [...joins, count];
    const feed = { pack: packWish(values.pack), workers: values.threads };
    const job = { records, counts, backend, config, ...run, ...feed, data, verbose, onStart };
    const result = await runTraining(job, context);
    terminal.say(`Run: ${out} (best epoch: ${result.bestEpoch + 1})`);
    return result;
  },
});
