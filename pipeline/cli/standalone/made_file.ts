/**
 * Checks an executable that cannot run here: its system and processor by the header, and that it carries
 * the program.
 *
 * Sources: System V ABI (ELF), Microsoft's PE format, Apple's mach-o/loader.h.
 */

/** A system and a processor, as in Deno's names of platforms. */
type Platform = `${"x86_64" | "aarch64"}-${"linux" | "windows" | "apple"}`;

/** What an executable is for, or null if it is of another kind. */
export function platformOf(file: Uint8Array): Platform | null {
  if (file.length < 64) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0) === 0x7f454c46) {
    return ({ 62: "x86_64-linux", 183: "aarch64-linux" } as const)[view.getUint16(18, true)] ??
      null;
  }
  if (view.getUint32(0, true) === 0xfeedfacf) {
    const processor = view.getUint32(4, true);
    return ({ 0x1000007: "x86_64-apple", 0x100000c: "aarch64-apple" } as const)[processor] ?? null;
  }
  const header = view.getUint16(0) === 0x4d5a ? view.getUint32(60, true) : Infinity;
  if (header + 6 > file.length || view.getUint32(header) !== 0x50450000) return null;
  const processor = view.getUint16(header + 4, true);
  return ({ 0x8664: "x86_64-windows", 0xaa64: "aarch64-windows" } as const)[processor] ?? null;
}

/**
 * Checks a file.
 *
 * @param target Deno's name of the platform, such as `x86_64-pc-windows-msvc`.
 * @param modules Names that stand in it.
 * @throws {Error} With what is wrong.
 */
export function checkMade(file: Uint8Array, target: string, modules: Iterable<string>): void {
  const [processor, ...words] = target.split("-");
  const system = words.find((word) => ["linux", "windows", "apple"].includes(word));
  const made = platformOf(file);
  if (made !== `${processor}-${system}`) {
    throw new Error(`the file is for ${made ?? "no known platform"}, and not for ${target}`);
  }
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  for (const name of modules) {
    if (!holds(bytes, name)) throw new Error(`the file does not hold the module ${name}`);
  }
}

function holds(bytes: Uint8Array, name: string): boolean {
  const wanted = new TextEncoder().encode(name);
  for (let at = 0; (at = bytes.indexOf(wanted[0]!, at)) !== -1; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}

/** The path of an executable: on Windows it ends in `.exe`. */
export function executablePath(path: string, target: string | null): string {
  const isWindows = target === null ? Deno.build.os === "windows" : target.includes("windows");
  return isWindows && !path.toLowerCase().endsWith(".exe") ? path + ".exe" : path;
}
