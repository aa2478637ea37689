/** Commands with typed options: how they are declared. */

import type { Completion, Kind } from "./kinds.ts";
import type { Need } from "./permissions.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** One option of a command; its flag is the key it stands under, `maskSize` for `--mask-size`. */
export interface Option<T> {
  readonly help: string;
  /** Null for a flag. */
  readonly kind: Kind<T> | null;
  readonly required: boolean;
  readonly fallback: T | undefined;
  /** The value that its name alone stands for. */
  readonly bare?: string;
  /** Whether it takes one value or more, and its value is a list. */
  readonly isList?: boolean;
  /** For a flag, whether what is needed otherwise may be left out beside it. */
  readonly waives?: boolean;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of options `O` after parsing. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** What a command is given besides its values. */
export interface Context {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
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

interface Operand {
  readonly name: string;
  readonly help: string;
  readonly completion: Completion;
  readonly optional?: boolean;
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

/** An option with one value or more behind it; none where it is left out. */
export function listed<T>(kind: Kind<T>, help: string): Option<readonly T[]> {
  const values = { ...kind, parse: (text: string) => [kind.parse(text)] };
  return { help, kind: values, required: false, fallback: [], isList: true };
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
