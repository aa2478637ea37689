import { type Command, command, defaulted, type Program } from "../command.ts";
import { completionScript, SHELLS } from "../completions.ts";
import { UsageError } from "../failure.ts";
import { text } from "../kinds.ts";
import { IS_BUNDLED } from "../../files/standalone.ts";

/** `completions`: the completion script of a shell, made from the commands of `program`. */
export function completionsCommand(program: () => Program): Command {
  return command({
    name: "completions",
    needs: [],
    summary: "Print a completion script for a shell",
    details: IS_BUNDLED ? "" : "In a checkout, give the tasks a short name first, such as " +
      "alias attparsenet='deno task --quiet --config ~/attparsenet/deno.json'.",
    operands: [{ name: "shell", help: SHELLS.join(", "), completion: SHELLS }],
    options: {
      name: defaulted(text("NAME"), "attparsenet", "name that the commands are called by"),
    },
    examples: [
      ["bash > ~/.local/share/bash-completion/completions/attparsenet", "bash, for good"],
      ["fish | source", "fish, for this session"],
    ],
    async run({ name }, { terminal }, [word]) {
      const shell = SHELLS.find((shell) => shell === word);
      if (!shell) {
        throw new UsageError(`No completion for "${word}": ${SHELLS.join(", ")} are known`);
      }
      if (!/^[\w.-]+$/.test(name)) {
        throw new UsageError(`--name ${name}: expected a command's name`);
      }
      for (const line of completionScript(program(), shell, name).trimEnd().split("\n")) {
        await terminal.record(line);
      }
    },
  });
}
