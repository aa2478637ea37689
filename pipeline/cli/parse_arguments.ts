/**
 * How arguments become a command and the values of its options.
 *
 * The parsing, the help text and "did you mean" are commander's; nothing outside this module knows.
 */

import { Command as Parser, CommanderError, Help, Option as ParserOption } from "commander";
import { type Command, flagOf, type Option, type Options, type Program } from "./command.ts";
import { UsageError } from "./failure.ts";
import type { Kind } from "./kinds.ts";
import { STDOUT } from "./terminal/sink.ts";

/** What the arguments ask for: a text (help, version), or a command to run. */
export type Request =
  | { readonly text: string }
  | {
    readonly command: Command;
    readonly values: Readonly<Record<string, unknown>>;
    readonly operands: readonly string[];
  };

/**
 * Reads the arguments.
 *
 * @param columns Of the terminal that a text would be for, or null for none.
 * @throws {UsageError} With one sentence, if they do not fit any command.
 */
export function parseArguments(
  program: Program,
  args: readonly string[],
  columns: number | null = STDOUT.columns,
): Request {
  let request: Request | null = null;
  let text = "";
  const write = (part: string) => void (text += part);
  const help = columns === null ? {} : helpFor(columns);
  const root = configure(new Parser(program.name), write, help)
    .description(program.summary)
    .version(program.version, "-V, --version", "print the version")
    .usage("<command> [options]");
  for (const command of program.commands) {
    const parser = configure(root.command(command.name), write, help);
    declare(parser, program, command);
    parser.action(() => {
      const values = valuesOf({ ...program.common, ...command.options }, parser.opts());
      request = { command, values, operands: parser.args };
    });
  }
  try {
    root.parse(withoutSeparator(args), { from: "user" });
  } catch (error) {
    const isText = error instanceof CommanderError && error.exitCode === 0;
    if (!isText) throw usageError(program, args, error);
  }
  return request ?? { text };
}

function configure(parser: Parser, write: (text: string) => void, help: Partial<Help>): Parser {
  return parser
    .exitOverride()
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name(), ...help })
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

/** Help on a terminal: what does not fit beside a long option stands below it. */
function helpFor(columns: number): Partial<Help> {
  const indent = " ".repeat(6);
  return {
    helpWidth: columns,
    formatItem(term, width, description, helper) {
      if (columns - width - 4 >= helper.minWidthToWrap) {
        return Help.prototype.formatItem.call(this, term, width, description, helper);
      }
      const lines = helper.boxWrap(description, columns - indent.length).split("\n");
      return [`  ${term}`, ...lines.map((line) => indent + line)].join("\n");
    },
  };
}

function declare(parser: Parser, program: Program, command: Command): void {
  parser.summary(command.summary);
  parser.description([command.summary + ".", command.details].filter(Boolean).join("\n\n"));
  for (const { name, help, optional, list } of command.operands ?? []) {
    const word = name + (list ? "..." : "");
    parser.argument(optional ? `[${word}]` : `<${word}>`, help);
  }
  for (const [key, option] of Object.entries(command.options)) {
    parser.addOption(parserOption(key, option));
  }
  for (const [key, option] of Object.entries(program.common)) {
    parser.addOption(parserOption(key, option).helpGroup("Common options:"));
  }
  parser.addHelpText("after", examplesText(program, command));
}

function parserOption(
  key: string,
  { help, kind, required, fallback, bare, isList }: Option<unknown>,
) {
  const [open, close] = bare === undefined ? "<>" : "[]";
  const word = kind && kind.placeholder + (isList ? "..." : "");
  const flags = flagOf(key) + (word ? ` ${open}${word}${close}` : "");
  const option = new ParserOption(flags, required ? `${help} (needed)` : help);
  if (!kind) return option;
  if (isList) {
    return option.argParser((text: string, before: readonly unknown[] | undefined) => [
      ...before ?? [],
      ...readValue(key, kind, text) as readonly unknown[],
    ]);
  }
  if (fallback !== undefined) option.default(fallback, valueText(fallback));
  return option.argParser((text: string) => readValue(key, kind, text));
}

/** A default as a user would type it. */
function valueText(value: unknown): string {
  if (typeof value === "object" && value && "height" in value && "width" in value) {
    return `${value.height}x${value.width}`;
  }
  return String(value);
}

function readValue(key: string, kind: Kind<unknown>, text: string): unknown {
  const name = flagOf(key);
  if (text === "" || text.startsWith("--")) {
    throw new UsageError(`${name} needs a value (${kind.placeholder}), but has "${text}"`);
  }
  try {
    return kind.parse(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`${name} ${text}: ${cause.message}`, { cause });
  }
}

/** Checked here and not by commander, which would speak of it before a misspelt option. */
function valuesOf(options: Options, given: Record<string, unknown>): Record<string, unknown> {
  const isWaived = Object.entries(options).some(([key, { waives }]) => waives && given[key]);
  const values = Object.entries(options).map(([key, { required, kind, fallback, bare }]) => {
    if (required && given[key] === undefined && !isWaived) {
      throw new UsageError(`${flagOf(key)} ${kind?.placeholder} is needed`);
    }
    // What commander makes of a name alone.
    if (bare !== undefined && given[key] === true) return [key, kind!.parse(bare)] as const;
    return [key, given[key] ?? fallback] as const;
  });
  return Object.fromEntries(values);
}

function examplesText({ name }: Program, command: Command): string {
  const lines = command.examples.map(([line, does]) =>
    `  # ${does}\n  ${[name, command.name, line].filter(Boolean).join(" ")}`
  );
  return `\nExamples:\n${lines.join("\n")}`;
}

/** `deno task train -- --epochs 3` hands the separator on; it means nothing before the options. */
function withoutSeparator(args: readonly string[]): string[] {
  return args[1] === "--" ? [args[0] as string, ...args.slice(2)] : [...args];
}

/** The error in one sentence that says where the help is. */
function usageError(program: Program, args: readonly string[], cause: unknown): unknown {
  const isOurs = cause instanceof UsageError;
  if (!isOurs && !(cause instanceof CommanderError)) return cause;
  const known = program.commands.find(({ name }) => name === args[0]);
  const help = [program.name, known?.name, "--help"].filter(Boolean).join(" ");
  const what = isOurs ? cause.message : sentenceOf(cause);
  return new UsageError(`${what}. See: ${help}`, { cause });
}

function sentenceOf({ code, message }: CommanderError): string {
  if (code === "commander.help") return "A command is needed";
  const sentence = message.replace(/^error: /, "").replace(/\n/g, " ").replace(/\.$/, "");
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}
