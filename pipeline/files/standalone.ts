/**
 * Whether the program runs from its source or as one file, and what such a file carries besides code.
 */

/**
 * Where the URLs of modules begin that a joined executable serves from its own bytes. They are of files,
 * so that all that Deno makes of such URLs works, and of files that cannot be.
 */
export const CARRIED = "file:///dev/null/attparsenet/";

/** The command line's module among those that `deno task compile` bundles. */
export const MAIN_MODULE = "pipeline/cli.js";

/** The module there that holds the shipped sample, beside the one that this file becomes part of. */
export const SAMPLE_MODULE = "sample.js";

/** The one there that holds the modules of an exported page, JavaScript by name. */
export const PAGE_MODULE = "page.js";

/** The same of the local page. */
export const VIEW_MODULE = "view_page.js";

/** Whether this program has been bundled; its source is TypeScript. */
export const IS_BUNDLED: boolean = import.meta.url.endsWith(".js");

/** What a user types before a command's name. */
export const PROGRAM_NAME: string = IS_BUNDLED ? "attparsenet" : "deno task";
