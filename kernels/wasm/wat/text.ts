/**
 * Words for writing WebAssembly text: what the generated kernels have in common.
 *
 * Expressions are strings; a name stands for a local variable, a number for a constant. All arithmetic
 * on addresses and counters is i32.
 */

/** An expression: a number, the name of a local variable, or text in brackets. */
export type Term = number | string;

/** 0, 1, … count − 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Parts one below the other. */
export function lines(...parts: readonly (string | readonly string[])[]): string {
  return parts.flat().join("\n");
}

/** The text of a term. */
export function term(value: Term): string {
  if (typeof value === "number") return `(i32.const ${value})`;
  return value.startsWith("(") ? value : `(local.get $${value})`;
}

/** Assigns a local variable. */
export function set(name: string, value: Term): string {
  return `(local.set $${name} ${term(value)})`;
}

const fold = (operation: string) => (first: Term, ...rest: readonly Term[]): string =>
  rest.reduce<string>((sum, next) => `(i32.${operation} ${sum} ${term(next)})`, term(first));

export const add = fold("add");
export const mul = fold("mul");
export const sub = fold("sub");
/** Quotient of numbers that are not negative. */
export const div = fold("div_u");
/** Remainder of numbers that are not negative. */
export const rem = fold("rem_u");
/** 1 if every condition is. */
export const and = fold("and");

/** name += by */
export function increase(name: string, by: Term): string {
  return set(name, add(name, by));
}

/** 1 if a < b, both signed. */
export function less(a: Term, b: Term): string {
  return `(i32.lt_s ${term(a)} ${term(b)})`;
}

/** Takes what is written between a head and an end. */
type Around = (...body: readonly string[]) => string;

/** `for (name = from; name < to; name += step) body`; the condition is tested first. */
export function loop(name: string, from: Term, to: Term, step: Term = 1): Around {
  return (...body) =>
    lines(
      set(name, from),
      `(block $${name}_done (loop $${name}_next`,
      `(br_if $${name}_done (i32.ge_s ${term(name)} ${term(to)}))`,
      ...body,
      increase(name, step),
      `(br $${name}_next)))`,
    );
}

/** Runs `then` where the condition holds, else `otherwise`. */
export function when(condition: string, then: string, otherwise = ""): string {
  return lines(`(if ${condition} (then`, then, otherwise && `) (else`, otherwise, `))`);
}

/** Four numbers f32 at an address. */
export function load(address: Term, offset = 0): string {
  return `(v128.load offset=${offset} ${term(address)})`;
}

/** Stores four numbers f32. */
export function store(address: Term, value: Term, offset = 0): string {
  return `(v128.store offset=${offset} ${term(address)} ${term(value)})`;
}

/** a + b of four numbers each. */
export function plus(a: Term, b: Term): string {
  return `(f32x4.add ${term(a)} ${term(b)})`;
}

/** a − b of four numbers each. */
export function minus(a: Term, b: Term): string {
  return `(f32x4.sub ${term(a)} ${term(b)})`;
}

/** a · b of four numbers each. */
export function times(a: Term, b: Term): string {
  return `(f32x4.mul ${term(a)} ${term(b)})`;
}

/** a · b + c of four numbers each, fused where the processor can: rounded once instead of twice. */
export function fused(a: Term, b: Term, c: Term): string {
  return `(f32x4.relaxed_madd ${term(a)} ${term(b)} ${term(c)})`;
}

/** The f32 whose bits an i32 holds, four times. */
export function splat(bits: Term): string {
  return `(f32x4.splat (f32.reinterpret_i32 ${term(bits)}))`;
}

/** Four numbers f32 with their upper two first. */
export function swapped(value: Term): string {
  return `(i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 ${term(value)} ${term(value)})`;
}

/** The lower and the upper two of four numbers f32, as f64. */
export function halves(value: Term): [lower: string, upper: string] {
  return [
    `(f64x2.promote_low_f32x4 ${term(value)})`,
    `(f64x2.promote_low_f32x4 ${swapped(value)})`,
  ];
}

/** The sum of two numbers f64. */
export function sumOfTwo(value: Term): string {
  const [first, second] = range(2).map((lane) => `(f64x2.extract_lane ${lane} ${term(value)})`);
  return `(f64.add ${first} ${second})`;
}

/** Sets memory to zero. */
export function clear(address: Term, bytes: Term): string {
  return `(memory.fill ${term(address)} (i32.const 0) ${term(bytes)})`;
}

/** Makes a variable no larger than another; neither is negative. */
export function atMost(name: string, most: string): string {
  return when(`(i32.gt_u ${term(name)} ${term(most)})`, set(name, most));
}

/** Four zeros. */
export const ZEROS = "(v128.const i32x4 0 0 0 0)";

/** Names with blanks between them, and lists of such. */
type Names = string | readonly Names[];

function namesOf(names: Names): string[] {
  return typeof names === "string" ? names.split(" ") : names.flatMap(namesOf);
}

/** A function under its own name, with i32 parameters and local variables of two kinds. */
export function func(
  name: string,
  parameters: Names,
  { i32 = [], v128 = [] }: { readonly i32?: Names; readonly v128?: Names },
): Around {
  const declare = (what: string, names: Names, type: string) =>
    namesOf(names).map((local) => `(${what} $${local} ${type})`).join(" ");
  return (...body) =>
    lines(
      `(func $${name} (export "${name}")`,
      declare("param", parameters, "i32"),
      declare("local", i32, "i32"),
      declare("local", v128, "v128"),
      ...body,
      `)`,
    );
}

/** A module of functions on the memory that the threads share. */
export function moduleOf(...functions: readonly string[]): string {
  return lines(`(module`, `(import "heap" "memory" (memory 1 65536 shared))`, ...functions, `)`);
}
