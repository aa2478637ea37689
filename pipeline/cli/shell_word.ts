/**
 * Words as a user types them.
 *
 * @module
 */

/** A word as the shell of a system wants it, in quotes where it needs them. */
export function shellWord(word: string, os: typeof Deno.build.os = Deno.build.os): string {
  // cmd.exe knows no single quotes, and takes a backslash for what it is.
  if (os === "windows") return /^[\w@+=:.\\/~-]+$/.test(word) ? word : `"${word}"`;
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
