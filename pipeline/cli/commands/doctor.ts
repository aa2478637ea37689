import { command } from "../command.ts";

export const DOCTOR = command({
  name: "doctor",
  needs: ["read", "gpu", "cache", "user"],
  summary: "Show what this machine has for the pipeline, and how to fix what is missing",
  options: {},
  examples: [["", "everything"], ["--json", "the same for a program"]],
  async run(_values, { terminal }) {
    const { examine } = await import("../doctor.ts");
    const { diagnosisText } = await import("../text/diagnosis.ts");
    const diagnosis = await examine();
    terminal.say(diagnosisText(diagnosis));
    return diagnosis;
  },
});
