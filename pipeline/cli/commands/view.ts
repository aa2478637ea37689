import { resolve } from "node:path";
import { exists } from "../../files/write_file.ts";
import { command, listed, optional } from "../command.ts";
import { UsageError } from "../failure.ts";
import { file, folder, integer } from "../kinds.ts";
import { DAMAGED, FOLLOW_LINKS } from "../stages/dataset_options.ts";

export const VIEW = command({
  name: "view",
  needs: ["read", "write", "gpu", "cache", "serve"],
  summary: "Look at faces, correct them, and watch runs, in a browser",
  details:
    "Prints the address of a page and serves it until Ctrl-C. Only this machine can reach it, and only who has " +
    "the printed address. Without --dataset it shows that of the first run, or else the sample.",
  options: {
    dataset: optional(folder(), "folder of the data set"),
    images: optional(folder(), "folder of images without labels, in place of a data set"),
    landmarks: optional(file(), "landmarks file of the faces; what is corrected goes there"),
    labels: optional(file(), "label file instead of the data set's own"),
    run: listed(folder("RUN"), "runs, or folders with such, also of those that train (runs)"),
    followLinks: FOLLOW_LINKS,
    damaged: DAMAGED,
    port: optional(integer(1, "N", 65535), "port of the page (the first free one from 4600)"),
  },
  examples: [
    [
      "--dataset celeba --landmarks celeba.csv",
      "look through a data set, and correct its landmarks",
    ],
    ["--run runs/first runs/second", "watch two runs"],
  ],
  async run(values, { terminal, signal }) {
    const { viewedFaces } = await import("../stages/viewing.ts");
    if (values.dataset !== undefined && values.images !== undefined) {
      throw new UsageError("--dataset and --images exclude each other");
    }
    const faces = await viewedFaces(values, { terminal, signal });
    for (const path of [...values.run, values.landmarks]) {
      if (path !== undefined && !await exists(path)) terminal.warn(`${path} does not exist yet`);
    }
    const shown = values.run.length > 0 ? values.run : ["runs"];
    const { openView } = await import("../../view.ts");
    const view = await openView({
      ...faces,
      ...{ runs: shown.map((run) => resolve(run)), port: values.port, signal },
      onFault: (fault) => terminal.warn(fault),
    });
    terminal.say(`Open ${view.address}`);
    terminal.note("Only this machine can reach the page. Ctrl-C ends it.");
    await view.finished;
  },
});
