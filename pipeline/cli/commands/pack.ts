import { command, optional, required } from "../command.ts";
import { DAMAGED, FOLLOW_LINKS, openShown } from "../stages/dataset_options.ts";
import { datasetCounts, tellCounts } from "../stages/face_counts.ts";
import { choice, file, fileToWrite, folder, SIZE } from "../kinds.ts";
import { THREADED } from "../stages/placing.ts";
import { formatBytes } from "../../numbers/text.ts";

export const PACK_COMMAND = command({
  name: "pack",
  needs: ["read", "write"],
  summary: "Decode the faces of a data set into one file, for fast training",
  details:
    "train, pipeline and evaluate read it with --pack FILE, at random and without decoding. Labels and " +
    "landmarks stay where they are, and may change. A face takes 3·H·W bytes: all of CelebA 5.9 GB at " +
    "109x89 (the presets residual and lite), 23.6 GB at 218x178 (paper).\n" +
    "A pack that has the faces already is read whole; one whose images have changed since, or that is " +
    "damaged, is made again.",
  options: {
    dataset: required(folder(), "folder of the data set"),
    size: required(SIZE, "size of the network's input"),
    split: optional(choice("train", "validation", "test"), "this split only"),
    labels: optional(file(), "label file instead of the data set's own"),
    followLinks: FOLLOW_LINKS,
    damaged: DAMAGED,
    ...THREADED,
    out: required(fileToWrite([".safetensors"]), "file to write"),
  },
  examples: [
    ["--dataset celeba --size 109x89 --out celeba.safetensors", "for the default preset"],
  ],
  async run(values, context) {
    const { pack } = await import("../../pack.ts");
    const { size, split, out, threads } = values;
    const { terminal, signal } = context;
    const dataset = await openShown(values.dataset, values, context);
    datasetCounts(dataset, terminal);
    const left = terminal.lister("faces are not packed");
    const onProgress = terminal.progress("pack", "images");
    const packed = await pack({
      records: dataset.records({ split, signal }),
      ...{ size, out, workers: threads, signal, onProgress },
      onReject: ({ image }, reason) => left.add(`${image}: ${reason}`),
      log: (line) => terminal.note(line),
    });
    terminal.finish();
    left.end();
    tellCounts([packed.count], terminal);
    terminal.say(`Pack: ${out} (${formatBytes(packed.bytes)})`);
    return packed;
  },
});
