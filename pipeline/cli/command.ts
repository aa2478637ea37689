/**
 * Commands with typed options: how they are declared, and how arguments become their values.
 *
 * The parsing, the help text and "did you mean" are commander's; nothing outside this module knows.
 *
 * @module
 */

import { Command as Parser, CommanderError, Option as ParserOption } from "commander";
import { UsageError } from "./failure.ts";
import type { Completion, Kind } from "./kinds.ts";
import type { Need } from "./permissions.ts";
import type { Terminal } from "./terminal.ts";

/** One option of a command; its flag is the key it stands under, `maskSize` for `--mask-size`. */
export interface Option<T> {
  /** What it does, for help. */
  readonly help: string;
  /** How its value is read, or null for a flag, which takes none. */
  readonly kind: Kind<T> | null;
  /** Whether the command refuses to run without it. */
  readonly required: boolean;
  /** Its value where it is not given. */
  readonly fallback: T | undefined;
  /** The text that its name alone, without a value, stands for. */
  readonly bare?: string;
  /** For a flag, whether what is needed otherwise may be left out beside it. */
  readonly waives?: boolean;
}

/** The options of a command by their keys. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values that the options `O` have after parsing. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** What a command is given besides its values. */
export interface Context {
  /** Where the command writes. */
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Says how to go on after an interruption; the last call counts. */
  onInterrupt(hint: string): void;
  /** The command line that goes on: as it was typed, without `--force` and with `added`. */
  again(...added: string[]): string;
}

/** A command: `run` returns the object that `--json` prints as the last line. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** What it may do besides computing. */
  readonly needs: readonly Need[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** What a user must know besides the options. */
  readonly details?: string;
  /** Arguments without a flag: the last one may be a list. */
  readonly operands?: readonly Operand[];
  readonly options: O;
  /** Argument lines with what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  run(
    values: Values<O> & CommonValues,
    context: Context,
    operands: readonly string[],
  ): Promise<object | void>;
}

/** An argument without a flag. */
export interface Operand {
  readonly name: string;
  readonly help: string;
  readonly completion: Completion;
  readonly optional?: boolean;
  /** Takes all the arguments that are left. */
  readonly list?: boolean;
}

/** Options that every command takes. */
export interface CommonValues {
  readonly quiet: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly backend: "auto" | "webgpu" | "wasm";
  readonly seed: number | undefined;
}

/** A program: its commands, and the options that every one of them takes. */
export interface Program {
  /** What the user types before a command's name. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly common: Options;
  readonly commands: readonly Command[];
}

/** What the arguments ask for: a text (help, version), or a command to run. */
export type Request =
  | { readonly text: string }
  | {
    readonly command: Command;
    readonly values: Readonly<Record<string, unknown>>;
    readonly operands: readonly string[];
  };

/** A flag: true if it is given. */
export function flag(help: string): Option<boolean> {
  return { help, kind: null, required: false, fallback: false };
}

/** An option that may be left out. */
export function optional<T>(kind: Kind<T>, help: string): Option<T | undefined> {
  return { help, kind, required: false, fallback: undefined };
}

/** An option that has a value where it is left out. */
export function defaulted<T>(kind: Kind<T>, fallback: NoInfer<T>, help: string): Option<T> {
  return { help, kind, required: false, fallback };
}

/** An option that must be given. */
export function required<T>(kind: Kind<T>, help: string): Option<T> {
  return { help, kind, required: true, fallback: undefined };
}

/** Declares a command; its `run` sees the types of its options. */
export function command<const O extends Options>(declaration: Command<O>): Command {
  return declaration as unknown as Command;
}

/** The flag of a key: `--mask-size` for `maskSize`. */
export function flagOf(key: string): string {
  return "--" + key.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
}

/**
 * Reads the arguments.
 *
 * @throws {UsageError} With one sentence, if they do not fit any command.
 */
export function parseArguments(program: Program, args: readonly string[]): Request {
  let request: Request | null = null;
  let text = "";
  const write = (part: string) => void (text += part);
  const root = configure(new Parser(program.name), write)
    .description(program.summary)
    .version(program.version, "-V, --version", "print the version")
    .usage("<command> [options]");
  for (const command of program.commands) {
    const parser = configure(root.command(command.name), write);
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

function configure(parser: Parser, write: (text: string) => void): Parser {
  return parser
    .exitOverride()
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
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

function parserOption(key: string, { help, kind, required, fallback, bare }: Option<unknown>) {
  const [open, close] = bare === undefined ? "<>" : "[]";
  const flags = flagOf(key) + (kind ? ` ${open}${kind.placeholder}${close}` : "");
  const option = new ParserOption(flags, required ? `${help} (needed)` : help);
  if (!kind) return option;
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
    // What the parser makes of a name alone.
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
