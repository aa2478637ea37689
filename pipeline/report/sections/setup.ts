/** What the run was made from and how to make it again. */

import { flatten } from "../flatten.ts";
import { type Html, html } from "../html.ts";
import { evaluateCommand, trainCommand } from "../commands.ts";
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

function commands(run: RunFolder): string[] {
  return [
    trainCommand(run, "--out NEW").join(" \\\n  "),
    evaluateCommand(run, run.metrics?.split),
    `${PROGRAM_NAME} report --run ${shellWord(run.path)}`,
  ];
}
