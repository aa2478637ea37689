/** What `deno task bench hardware` is asked for. */

/** What can be measured, in the order in which it is. */
export const PART_NAMES = [
  "adapter",
  "host",
  "steps",
  "kernels",
  "masks",
  "loss",
  "predictor",
  "predict",
  "tests",
] as const;

/** A part by its name. */
export type PartName = typeof PART_NAMES[number];

/** What a run does. */
export interface Options {
  readonly parts: readonly PartName[];
  /** Whether the last line is all results as JSON. */
  readonly json: boolean;
}

/** Steps have their host time with them, and what was measured is of no use without the adapter. */
const USUAL = PART_NAMES.filter((name) => name !== "host");

/**
 * Reads the arguments: `--only PART[,PART]` and `--json`.
 *
 * @throws {SyntaxError} If they are others.
 */
export function parseOptions(args: readonly string[]): Options {
  let [parts, json]: [readonly PartName[], boolean] = [USUAL, false];
  for (let i = 0; i < args.length; i++) {
    const [option, value] = args[i]!.split("=", 2);
    if (option === "--json") json = true;
    else if (option === "--only") parts = partsOf(value ?? args[++i] ?? "");
    else throw new SyntaxError(`There is no option ${args[i]}; there are --only and --json`);
  }
  return { parts, json };
}

function partsOf(list: string): readonly PartName[] {
  const asked = list.split(",");
  const unknown = asked.find((name) => !(PART_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new SyntaxError(`--only: there is no part "${unknown}"; parts: ${PART_NAMES.join(", ")}`);
  }
  return PART_NAMES.filter((name) => name === "adapter" || asked.includes(name));
}
