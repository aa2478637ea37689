import { startBackend } from "../starting.ts";
import { command, optional, required } from "../command.ts";
import { folder } from "../kinds.ts";

/** `predict`: probabilities of the attributes for images. */
export const PREDICT = command({
  name: "predict",
  summary: "Print the probabilities of the 40 attributes for images, one JSON object a line",
  details:
    "IMAGE is a file or a folder of images. With --maps, a picture for each attribute that " +
    "the network sees in an image shows where.",
  operands: [{ name: "image", help: "image files or folders", completion: "file", list: true }],
  options: {
    run: required(folder("RUN"), "folder of a trained run"),
    maps: optional(folder(), "folder for heat maps"),
  },
  examples: [
    ["--run runs/first face.jpg", "one image"],
    ["--run runs/first photos --maps heat | jq .probabilities.Smiling", "a folder, with heat maps"],
  ],
  async run({ run, maps, ...values }, { terminal, signal }, images) {
    const { predict } = await import("../../predict.ts");
    using backend = await startBackend(values.backend, terminal);
    const onProgress = terminal.progress("predict", "images");
    const options = { run, images, backend, signal, ...(maps !== undefined && { maps }) };
    let count = 0;
    let rejected = 0;
    for await (const prediction of predict(options)) {
      terminal.record(JSON.stringify(prediction));
      if ("rejected" in prediction) rejected++;
      onProgress(++count, null);
    }
    return { images: count, rejected };
  },
});
