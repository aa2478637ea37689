/** The most memory that this process has held. */

/**
 * In bytes, as Linux tells it; elsewhere what it holds now. Not `resourceUsage().maxRSS`, which begins with
 * what the parent held when it started this process. Needs `--allow-all`, as Deno wants it for `/proc`.
 */
export function peakMemory(): number {
  if (Deno.build.os !== "linux") return Deno.memoryUsage().rss;
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
}
