/** Kinds of values that a setting can have: how each is written, read from text, and checked. */

export interface ValueKind<T> {
  /** How help shows it, such as `HxW`. */
  readonly placeholder: string;
  /** The words that it can be, if they are few. */
  readonly completion: readonly string[] | null;
  /** Reads it from text. Throws a RangeError whose message completes "--option VALUE: …". */
  readonly parse: (text: string) => T;
  /** Takes it from JSON; throws as `parse` does. */
  readonly check: (value: unknown) => T;
}

/** A kind that differs from what JSON holds in how it is written on a command line only. */
function kindOf<T>(
  placeholder: string,
  check: (value: unknown) => T,
  fromText: (text: string) => unknown,
  completion: readonly string[] | null = null,
): ValueKind<T> {
  return { placeholder, completion, check, parse: (text) => check(fromText(text)) };
}

export function choice<const T extends string>(...words: readonly T[]): ValueKind<T> {
  const check = (value: unknown) => {
    const word = words.find((word) => word === value);
    if (word === undefined) throw new RangeError(`expected one of ${words.join(", ")}`);
    return word;
  };
  return kindOf(words.join("|"), check, (text) => text, words);
}

/** A whole number of at least `least`, and of at most `most` if that is given. */
export function integer(least: number, placeholder = "N", most = Infinity): ValueKind<number> {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  const check = (value: unknown) => {
    const isWhole = typeof value === "number" && Number.isSafeInteger(value);
    if (isWhole && value >= least && value <= most) return value;
    throw new RangeError(`expected a whole number ${range}`);
  };
  return kindOf(placeholder, check, (text) => /^[+-]?\d+$/.test(text) ? Number(text) : NaN);
}

interface Limits {
  /** Above 0; else at least 0. */
  readonly positive: boolean;
  readonly below?: number;
  readonly most?: number;
}

export function number(
  { positive, below = Infinity, most = Infinity }: Limits,
  placeholder = "X",
): ValueKind<number> {
  const check = (value: unknown) => {
    const isNumber = typeof value === "number" && Number.isFinite(value);
    const fits = isNumber && value < below && value <= most;
    if (fits && (positive ? value > 0 : value >= 0)) return value;
    const limit = most < Infinity
      ? ` and at most ${most}`
      : below < Infinity
      ? ` and below ${below}`
      : "";
    throw new RangeError(`expected a number ${positive ? "above 0" : "of at least 0"}${limit}`);
  };
  return kindOf(placeholder, check, numberOf);
}

/** `on` or `off`; true or false in JSON. */
export const SWITCH: ValueKind<boolean> = kindOf(
  "on|off",
  (value) => {
    if (typeof value === "boolean") return value;
    throw new RangeError("expected on or off (true or false in a file)");
  },
  (text) => text === "on" ? true : text === "off" ? false : text,
  ["on", "off"],
);

/** Some values of a kind, at least one, between commas. */
export function list<T>(kind: ValueKind<T>, placeholder: string): ValueKind<readonly T[]> {
  const whole = (values: readonly T[]) => {
    if (values.length > 0) return values;
    throw new RangeError("expected at least one value");
  };
  return {
    placeholder,
    completion: null,
    parse: (text) => whole(text.split(",").map((part) => kind.parse(part.trim()))),
    check: (value) => {
      if (!Array.isArray(value)) throw new RangeError("expected a list");
      return whole(value.map(kind.check));
    },
  };
}

/** A value or null, which is what its absence is. */
export function nullable<T>(kind: ValueKind<T>): ValueKind<T | null> {
  return { ...kind, check: (value) => value === null ? null : kind.check(value) };
}

/** The number that a text is; NaN where it is none. */
export function numberOf(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}
