/**
 * Words for writing WebAssembly text: what the generated kernels have in common.
 *
 * Expressions are strings; a name stands for a local variable, a number for a constant. All arithmetic
 * on addresses and counters is i32.
 *
 * @module
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

/** Sum. */
export const add = fold("add");
/** Product. */
export const mul = fold("mul");
/** Difference. */
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

/** `for (name = from; name < to; name += step) body`; the condition is tested first. */
export function loop(
  name: string,
  from: Term,
  to: Term,
  step: Term,
  ...body: readonly string[]
): string {
  return lines(
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

/** Four zeros. */
export const ZEROS = "(v128.const i32x4 0 0 0 0)";

/** A function under its own name, with i32 parameters and local variables of two kinds. */
export function func(
  name: string,
  parameters: readonly string[],
  locals: { readonly i32?: readonly string[]; readonly v128?: readonly string[] },
  ...body: readonly string[]
): string {
  const declare = (kind: string, names: readonly string[] = []) =>
    names.map((local) => `(local $${local} ${kind})`).join(" ");
  return lines(
    `(func $${name} (export "${name}")`,
    parameters.map((parameter) => `(param $${parameter} i32)`).join(" "),
    declare("i32", locals.i32),
    declare("v128", locals.v128),
    ...body,
    `)`,
  );
}

/** A module of functions on the memory that the threads share. */
export function moduleOf(...functions: readonly string[]): string {
  return lines(`(module`, `(import "heap" "memory" (memory 1 65536 shared))`, ...functions, `)`);
}
