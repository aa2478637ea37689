/**
 * `deno task setup`: makes sure that WebGPU has an adapter, and installs Mesa's software one where that
 * needs nothing but a package: on Debian and Ubuntu, as root. It may run before every other task: when
 * there is an adapter, it only looks. It never fails, because everything works without a GPU.
 */

import "./environment.ts";
import { type Adapter, describeAdapter, findAdapter } from "./adapter.ts";
import { tell } from "./terminal/tell.ts";

/** Debian's packages for the Vulkan loader and for Mesa's drivers, the software one among them. */
const PACKAGES = ["libvulkan1", "mesa-vulkan-drivers"] as const;

/** Where Debian and Ubuntu have it; asked for by this path, so that no other one is ever run. */
const APT_GET = "/usr/bin/apt-get";

export interface Machine {
  readonly adapter: Adapter | null;
  readonly os: typeof Deno.build.os;
  /** The text of `/etc/os-release`, or "" where there is none. */
  readonly osRelease: string;
  readonly isRoot: boolean;
  /** Whether `ATTPARSENET_SETUP=off` forbids installing. */
  readonly isOff: boolean;
}

/** What the set-up does: a line for the user, and whether packages are to be installed. */
interface SetupPlan {
  readonly line: string;
  readonly install: boolean;
}

export function planSetup(machine: Machine): SetupPlan {
  const { adapter, isRoot, isOff } = machine;
  if (adapter) return { line: `Setup: WebGPU has ${describeAdapter(adapter)}.`, install: false };
  const missing = "Setup: WebGPU has no adapter";
  const without = "Everything works without one, more slowly";
  if (isOff) {
    return { line: `${missing}, and ATTPARSENET_SETUP=off. ${without}.`, install: false };
  }
  const command = installCommand(machine);
  if (isRoot && usesApt(machine)) {
    return { line: `${missing}. Installing ${PACKAGES.join(" ")} (apt-get) …`, install: true };
  }
  return { line: `${missing}. ${without}; to get one: ${command}`, install: false };
}

/** How a user gets an adapter on a machine that has none. */
export function installCommand(machine: Pick<Machine, "os" | "osRelease" | "isRoot">): string {
  const { os, osRelease, isRoot } = machine;
  if (os !== "linux") return "update the graphics driver";
  const sudo = isRoot ? "" : "sudo ";
  if (usesApt(machine)) {
    return `${sudo}apt-get update && ${sudo}apt-get install -y ${PACKAGES.join(" ")}`;
  }
  const ids = distributionsOf(osRelease);
  if (ids.includes("fedora")) return `${sudo}dnf install -y vulkan-loader mesa-vulkan-drivers`;
  if (ids.includes("arch")) return `${sudo}pacman -S vulkan-icd-loader vulkan-swrast`;
  if (ids.includes("alpine")) return `${sudo}apk add vulkan-loader mesa-vulkan-swrast`;
  return "install the Vulkan loader and Mesa's Vulkan drivers";
}

export function isRoot(): boolean {
  return Deno.build.os !== "windows" && Deno.uid() === 0;
}

function usesApt({ os, osRelease }: Pick<Machine, "os" | "osRelease">): boolean {
  const ids = distributionsOf(osRelease);
  return os === "linux" && (ids.includes("debian") || ids.includes("ubuntu"));
}

/** The distribution and those it derives from: the fields ID and ID_LIKE of os-release(5). */
function distributionsOf(osRelease: string): string[] {
  return [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)["']?$/gm)]
    .flatMap(([, ids = ""]) => ids.split(" "));
}

async function main(): Promise<void> {
  const machine: Machine = {
    adapter: await findAdapter(),
    os: Deno.build.os,
    osRelease: await Deno.readTextFile("/etc/os-release").catch(() => ""),
    isRoot: isRoot(),
    isOff: Deno.env.get("ATTPARSENET_SETUP")?.toLowerCase() === "off",
  };
  const { line, install } = planSetup(machine);
  tell(line);
  if (!install) return;
  const failure = await installPackages();
  const command = installCommand(machine);
  tell(
    failure === null
      ? "Setup: installed."
      : `Setup: could not install them (${failure}); going on without. To try again: ${command}`,
  );
}

/** Runs apt-get twice; says why it failed, or null. */
async function installPackages(): Promise<string | null> {
  const update = await runAptGet("update");
  // Packages may install from a list of yesterday, so only the second failure counts.
  const install = await runAptGet("install", "-y", "--no-install-recommends", ...PACKAGES);
  return install === null ? null : update ?? install;
}

/** Seconds without an answer after which a server counts as out of reach. */
const TIMEOUT = 15;

async function runAptGet(...args: string[]): Promise<string | null> {
  const limits = ["Retries=1", `http::Timeout=${TIMEOUT}`, `https::Timeout=${TIMEOUT}`];
  const options = limits.flatMap((limit) => ["-o", `Acquire::${limit}`]);
  try {
    const { success, code, stderr } = await new Deno.Command(APT_GET, {
      args: ["-q", ...options, ...args],
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) return null;
    const errors = new TextDecoder().decode(stderr).split("\n").filter((line) => /^E:/.test(line));
    return errors[0]?.slice(2).trim() ?? `apt-get ended with code ${code}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    tell(`Setup: skipped (${error instanceof Error ? error.message : error}).`);
  }
}
