import { command, optional } from "../command.ts";
import { comparisonText } from "../text/compare.ts";
import { UsageError } from "../failure.ts";
import { fileToWrite } from "../kinds.ts";

export const COMPARE = command({
  name: "compare",
  needs: ["read", "write"],
  summary: "Compare evaluated runs, with paired tests against the first one",
  details:
    "All runs must have been evaluated on the same images. Runs whose configurations differ " +
    "in the seed alone count as one setting: means and spread are shown.",
  operands: [{
    name: "run",
    help: "folders of evaluated runs, two or more; the others are held against the first",
    completion: "folder",
    list: true,
  }],
  options: {
    out: optional(
      fileToWrite([".html", ".htm"]),
      "also write one self-contained HTML file with plots",
    ),
  },
  examples: [
    ["runs/first runs/second", "side by side"],
    ["runs/w0-s* runs/w1-s* --out comparison.html", "two settings, several seeds each"],
  ],
  async run({ out }, { terminal }, runs) {
    if (runs.length < 2) throw new UsageError("Two runs or more are needed");
    const { compare } = await import("../../compare.ts");
    const comparison = await compare({ runs, ...(out !== undefined && { out }) });
    terminal.say(comparisonText(comparison, terminal.columns));
    if (out !== undefined) terminal.say(`\nComparison: ${out}`);
    return comparison;
  },
});
