/** Words as a user types them. */

/** A word quoted for a system's shell, where it needs quotes. */
export function shellWord(word: string, os: typeof Deno.build.os = Deno.build.os): string {
  // cmd.exe has no single quotes, and no escapes.
  if (os === "windows") return /^[\w@+=:.\\/~-]+$/.test(word) ? word : `"${word}"`;
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
