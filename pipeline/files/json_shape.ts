/**
 * What a value of JSON must look like.
 *
 * ```ts
 * const face = fields({ image: text, size: list(number, 2), box: nullable(list(number, 4)) });
 * face({ image: "a.jpg", size: [178, "x"], box: null }); // ".size[1] is no number"
 * ```
 */

import { isObject } from "./json_text.ts";

/**
 * Looks at a value. Null if it fits; else what does not, to be put behind the value's name: ` is no number`,
 * or `.size[1] is no number`.
 */
export type Shape = (value: unknown) => string | null;

export function number(value: unknown): string | null {
  return typeof value === "number" && Number.isFinite(value) ? null : " is no number";
}

/** A whole number of at least 0. */
export function count(value: unknown): string | null {
  return Number.isSafeInteger(value) && value as number >= 0 ? null : " is no whole number";
}

/** A number from 0 to 1. */
export function share(value: unknown): string | null {
  return typeof value === "number" && value >= 0 && value <= 1 ? null : " is no share";
}

export function text(value: unknown): string | null {
  return typeof value === "string" ? null : " is no text";
}

export function oneOf(...values: readonly unknown[]): Shape {
  const names = values.map((value) => JSON.stringify(value)).join(", ");
  return (value) => values.includes(value) ? null : ` is none of ${names}`;
}

/** Null, or what fits a shape. */
export function nullable(shape: Shape): Shape {
  return (value) => value === null ? null : shape(value);
}

/** Absent, or what fits a shape. */
export function optional(shape: Shape): Shape {
  return (value) => value === undefined ? null : shape(value);
}

/** A list of what fits a shape; of as many as `length` says, if it does. */
export function list(shape: Shape, length?: number): Shape {
  return (value) => {
    if (!Array.isArray(value)) return " is no list";
    if (length !== undefined && value.length !== length) {
      return ` has ${value.length} elements, not ${length}`;
    }
    for (const [at, element] of value.entries()) {
      const misfit = shape(element);
      if (misfit !== null) return `[${at}]${misfit}`;
    }
    return null;
  };
}

/** A list whose elements fit a shape of their own each. */
export function tuple(...shapes: readonly Shape[]): Shape {
  const whole = list(() => null, shapes.length);
  return (value) => {
    const misfit = whole(value);
    if (misfit !== null) return misfit;
    const misfits = shapes.map((shape, at) => [at, shape((value as unknown[])[at])] as const);
    const first = misfits.find(([, misfit]) => misfit !== null);
    return first ? `[${first[0]}]${first[1]}` : null;
  };
}

/** An object that has these fields; others do not matter. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value) => {
    if (!isObject(value)) return " is no object";
    for (const [name, shape] of Object.entries(shapes)) {
      const misfit = shape(Object.hasOwn(value, name) ? value[name] : undefined);
      if (misfit !== null) return `.${name}${misfit}`;
    }
    return null;
  };
}

/** An object all of whose fields fit a shape. */
export function record(shape: Shape): Shape {
  return (value) => isObject(value) ? list(shape)(Object.values(value)) : " is no object";
}
