import { command, defaulted, required } from "../command.ts";
import { folderToWrite, integer } from "../kinds.ts";

export const SAMPLE = command({
  name: "sample",
  needs: ["read", "write"],
  summary: "Draw a synthetic data set of faces in CelebA's layout",
  details: "The same seed and count give the same files, byte for byte.",
  options: {
    out: required(folderToWrite(), "folder to write"),
    count: defaulted(integer(1), 320, "number of faces"),
  },
  examples: [
    ["--out data/faces --count 2000", "2,000 faces"],
    ["--out data/other --count 320 --seed 7", "other faces than those of the shipped sample"],
  ],
  async run({ out, count, seed }, { terminal, signal, onInterrupt }) {
    const { writeSample } = await import("../../sample.ts");
    onInterrupt(`Nothing is left of ${out}; the same command starts again.`);
    const onProgress = terminal.progress("sample", "faces");
    await writeSample({ out, count, ...(seed !== undefined && { seed }), signal, onProgress });
    terminal.finish();
    terminal.say(`${count} faces in ${out}`);
    return { out, count };
  },
});
