/** Lines for the user from programs that have no terminal to draw on. */

/** Writes a line to stderr at once. */
export function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(line + "\n"));
}
