/**
 * What the tasks may do. A task that asks for more than is written here does not pass.
 */

import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { keepOnly, type Need, permissionFlags } from "../../../pipeline/cli/permissions.ts";
import { PROGRAM } from "../../../pipeline/cli/program.ts";
import type { TaskName } from "../../processes/task_command.ts";

const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  pipeline: ["read", "write", "gpu", "cache", "disk"],
  landmarks: ["read", "write", "gpu"],
  segments: ["read", "write", "gpu"],
  pack: ["read", "write"],
  train: ["read", "write", "gpu", "cache", "disk"],
  evaluate: ["read", "write", "gpu", "cache"],
  predict: ["read", "write", "gpu", "cache"],
  export: ["read", "write"],
  import: ["read", "write"],
  report: ["read", "write"],
  compare: ["read", "write"],
  view: ["read", "write", "gpu", "cache", "serve"],
  sample: ["read", "write"],
  doctor: ["read", "gpu", "cache", "user"],
  completions: [],
};

/** The tasks for the work on the program itself. */
const OTHERS: Readonly<Record<string, string>> = {
  setup:
    "--allow-run=/usr/bin/apt-get --allow-read=/etc/os-release --allow-env=ATTPARSENET_SETUP,XDG_RUNTIME_DIR --allow-sys=uid",
  test: "--allow-read --allow-write --allow-env --allow-run --allow-net=127.0.0.1 --allow-sys=uid",
  check: "",
  ok: "",
  wat: "--allow-read --allow-write=kernels/wasm/binaries",
  bench: "--allow-read --allow-run",
  endure: "--allow-read --allow-run",
  compile: "--allow-read --allow-write --allow-run --allow-sys=uid",
  package: "--allow-read --allow-write --allow-run",
};

Deno.test("every command declares the needs that are expected of it", () => {
  const declared = PROGRAM.commands.map(({ name, needs }) => [name, [...needs]]);
  assert.deepEqual(Object.fromEntries(declared), NEEDS);
});

Deno.test("every task has the permissions that its command needs, and no others", () => {
  for (const [task, { command }] of Object.entries(config.tasks)) {
    const asked = command.split(" ").filter((word) =>
      /^(--?allow|--?deny|-A|-R|-W|-N|-E|-S)/.test(word)
    );
    const expected = task in NEEDS
      ? permissionFlags(NEEDS[task]!).filter((flag) => flag.startsWith("--allow"))
      : OTHERS[task]?.split(" ").filter(Boolean);
    assert.deepEqual(asked, expected, `the task ${task} asks for ${asked.join(" ")}`);
  }
  for (const task of Object.keys(NEEDS) as TaskName[]) {
    assert.match(
      config.tasks[task].command,
      /^deno run --no-prompt .*--ignore-env pipeline\/cli\.ts/,
    );
  }
});

Deno.test("permissionFlags() joins what Deno's options take together", () => {
  assert.deepEqual(permissionFlags(["cache", "read", "gpu"]), [
    "--no-prompt",
    "--allow-read",
    "--allow-env=XDG_RUNTIME_DIR,XDG_CACHE_HOME,HOME,LOCALAPPDATA,USERPROFILE",
    "--ignore-env",
  ]);
  assert.deepEqual(permissionFlags([]), ["--no-prompt", "--ignore-env"]);
});

Deno.test("keepOnly() leaves a process what its command needs", async () => {
  const all = permissionFlags(Object.values(NEEDS).flat());
  const script = import.meta.filename!;
  for (
    const needs of [
      ["read", "cache"],
      ["write", "gpu", "user"],
      ["disk"],
      ["serve"],
      [],
    ] as Need[][]
  ) {
    const command = new Deno.Command(Deno.execPath(), { args: ["run", ...all, script, ...needs] });
    const { stdout, stderr } = await command.output();
    const left = JSON.parse(new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr));
    assert.deepEqual(left, {
      read: needs.includes("read"),
      write: needs.includes("write"),
      XDG_RUNTIME_DIR: needs.includes("gpu"),
      HOME: needs.includes("cache"),
      uid: needs.includes("user"),
      statfs: needs.includes("disk"),
      here: needs.includes("serve"),
      net: false,
      run: false,
      ffi: false,
    });
  }
});

/** What this process may do, when it is run by the test above. */
async function permissions(): Promise<Record<string, boolean>> {
  const asked: [string, Deno.PermissionDescriptor][] = [
    ["read", { name: "read" }],
    ["write", { name: "write" }],
    ["XDG_RUNTIME_DIR", { name: "env", variable: "XDG_RUNTIME_DIR" }],
    ["HOME", { name: "env", variable: "HOME" }],
    ["uid", { name: "sys", kind: "uid" }],
    ["statfs", { name: "sys", kind: "statfs" }],
    ["here", { name: "net", host: "127.0.0.1" }],
    ["net", { name: "net" }],
    ["run", { name: "run" }],
    ["ffi", { name: "ffi" }],
  ];
  const states = asked.map(async ([name, descriptor]) => {
    const { state } = await Deno.permissions.query(descriptor);
    return [name, state === "granted"] as const;
  });
  return Object.fromEntries(await Promise.all(states));
}

if (import.meta.main) {
  await keepOnly(Deno.args as Need[]);
  const line = JSON.stringify(await permissions());
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
