/**
 * The permissions of a command. None may reach another machine, start programs or load foreign code, so these
 * have no name here.
 */

export type Need =
  /** To read the files that the user names, and some beside them. */
  | "read"
  /** To write such files. */
  | "write"
  /** A GPU, whose loader wants to find a folder. */
  | "gpu"
  /** The folder for what was measured on this machine. */
  | "cache"
  /** To answer requests from this machine. */
  | "serve"
  /** How much of a disk is free. */
  | "disk"
  /** Whether the user may install packages. */
  | "user";

type Permission =
  | { readonly name: "read" | "write" }
  | { readonly name: "env"; readonly variable: string }
  | { readonly name: "net"; readonly host: string }
  | { readonly name: "sys"; readonly kind: "uid" | "statfs" };

const PERMISSIONS: Readonly<Record<Need, readonly Permission[]>> = {
  read: [{ name: "read" }],
  write: [{ name: "write" }],
  gpu: variables("XDG_RUNTIME_DIR"),
  cache: variables("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "USERPROFILE"),
  serve: [{ name: "net", host: "127.0.0.1" }],
  disk: [{ name: "sys", kind: "statfs" }],
  user: [{ name: "sys", kind: "uid" }],
};

function variables(...names: string[]): Permission[] {
  return names.map((variable) => ({ name: "env", variable }));
}

/** All needs, in the order of Deno's flags. */
const NEEDS = Object.keys(PERMISSIONS) as Need[];

/** Deno's options for commands with these needs: `--no-prompt --allow-read …`. */
export function permissionFlags(needs: Iterable<Need>): string[] {
  const needed = new Set(needs);
  const permissions = NEEDS.filter((need) => needed.has(need))
    .flatMap((need) => PERMISSIONS[need]);
  const values = new Map<string, string[]>();
  for (const permission of permissions) {
    const named = values.get(permission.name) ?? [];
    if (permission.name === "env") named.push(permission.variable);
    if (permission.name === "net") named.push(permission.host);
    if (permission.name === "sys") named.push(permission.kind);
    values.set(permission.name, named);
  }
  const allowed = Array.from(values, ([name, named]) => ["--allow-" + name, named.join()]);
  // Packages that read environment variables find them unset, instead of failing.
  return ["--no-prompt", ...allowed.map((part) => part.filter(Boolean).join("=")), "--ignore-env"];
}

/** Revokes every permission that these needs do not call for. */
export async function keepOnly(needs: Iterable<Need>): Promise<void> {
  const needed = new Set(needs);
  for (const need of NEEDS.filter((need) => !needed.has(need))) {
    for (const permission of PERMISSIONS[need]) await Deno.permissions.revoke(permission);
  }
}
