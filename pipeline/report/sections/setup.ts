/** What the run was made from and how to make it again. */

import { flatten } from "../flatten.ts";
import { type Html, html } from "../html.ts";
import type { RunFolder } from "../run_folder.ts";
import { shellWord } from "../../files/shell_word.ts";
import { PROGRAM_NAME } from "../../files/standalone.ts";

/** The configuration as a list and the commands that repeat the run. */
export function renderSetup(run: RunFolder): Html {
  return html`
    <dl class="config">${flatten(run.config).map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
    <h3>How to reproduce</h3>
    <pre><code>${commands(run).join("\n")}</code></pre>
  `;
}

/** The options of `train` that say what no settings are, with the names that a configuration uses. */
const OPTIONS: readonly (readonly [option: string, key: string, fallback?: string])[] = [
  ["--dataset", "dataset", "DIR"],
  ["--landmarks", "landmarks", "FILE"],
  ["--labels", "labels"],
  ["--damaged", "damaged"],
  ["--backend", "backend"],
];

function commands({ path, config, data, metrics }: RunFolder): string[] {
  const options = OPTIONS.flatMap(([option, key, fallback]) => {
    const value = data[key] ?? config[key];
    if (typeof value === "string" || typeof value === "number") {
      return [`${option} ${shellWord(String(value))}`];
    }
    return fallback === undefined ? [] : [`${option} ${fallback}`];
  });
  const run = shellWord(path);
  const dataset = options.find((option) => option.startsWith("--dataset")) ?? "";
  const split = metrics ? ` --split ${shellWord(metrics.split)}` : "";
  return [
    [`${PROGRAM_NAME} train`, ...options, `--config ${run}/config.json`, "--out NEW"].join(
      " \\\n  ",
    ),
    `${PROGRAM_NAME} evaluate --run ${run} ${dataset}${split}`,
    `${PROGRAM_NAME} report --run ${run}`,
  ];
}
