import { command, optional, required } from "../command.ts";
import { folder } from "../kinds.ts";

export const REPORT = command({
  name: "report",
  needs: ["read", "write"],
  summary: "Write one self-contained HTML file about a run",
  details:
    "The file is RUN/report.html: training curves, measures of each attribute with intervals, " +
    "reliability, where the network looks (after evaluate --occlude), the best and worst faces, and faces with their predicted and true masks. It needs RUN/metrics.json, which evaluate writes.",
  options: {
    run: required(folder("RUN"), "folder of a trained and evaluated run"),
    images: optional(
      folder(),
      "folder whose pictures may be shown too, where the run names some outside of its data set",
    ),
  },
  examples: [["--run runs/first", "write runs/first/report.html"]],
  async run({ run, images }, { terminal }) {
    const { report } = await import("../../report.ts");
    const path = await report({ run, ...(images !== undefined && { images: [images] }) });
    terminal.say(`Report: ${path}`);
    return { report: path };
  },
});
