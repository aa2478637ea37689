/**
 * What is used of Deno's standard library, whose build on npm has no types. From JSR it brings its own.
 */

declare module "@std/bytes" {
  export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

declare module "@std/html" {
  export function escape(text: string): string;
}
