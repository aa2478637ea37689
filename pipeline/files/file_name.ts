/** Names of files as every system takes them. */

/** What Windows keeps for its devices, with any ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;
/** What no name there may hold; behind `:` it would be a stream of another file. */
const FORBIDDEN = /[<>:"|?*\p{Cc}]/gu;
/** Blanks and dots at an end, which Windows drops. */
const DROPPED = /[. ]+$/;

/** A relative path with `/`, as the system accepts it: on Windows, forbidden characters become `_`. */
export function fileNameOn(path: string, os: typeof Deno.build.os = Deno.build.os): string {
  if (os !== "windows") return path;
  return path.split("/").map((part) =>
    part === "." || part === ".."
      ? part
      : part.replace(FORBIDDEN, "_").replace(DROPPED, "_").replace(DEVICE, "_$&")
  ).join("/");
}
