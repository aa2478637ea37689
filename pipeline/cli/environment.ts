/**
 * What the Vulkan loader reads from the environment, set before the first adapter is asked for.
 * Importing this module is enough, so that it also serves as the `--preload` of a test run.
 */

// Without it the loader writes "error: XDG_RUNTIME_DIR is invalid" to stderr; it uses it for nothing.
if (Deno.build.os === "linux") {
  try {
    if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  } catch {
    // Without the permission everything works; the loader's line is then seen.
  }
}
