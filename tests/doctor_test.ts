import assert from "node:assert/strict";
import type { Adapter } from "../pipeline/cli/adapter.ts";
import { diagnosisText } from "../pipeline/cli/diagnosis_text.ts";
import { type Diagnosis, examine } from "../pipeline/cli/doctor.ts";
import { installCommand, type Machine, planSetup } from "../pipeline/cli/setup.ts";

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';
const UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n';
const MINT = 'ID="linuxmint"\nID_LIKE="ubuntu debian"\n';
const FEDORA = "ID=fedora\n";

const ADAPTER: Adapter = {
  name: "llvmpipe",
  vendor: "mesa",
  architecture: "",
  isSoftware: true,
  features: ["shader-f16"],
  limits: { maxStorageBufferBindingSize: 2 ** 27, maxStorageBuffersPerShaderStage: 8 },
};

const BARE: Machine = {
  adapter: null,
  os: "linux",
  osRelease: DEBIAN,
  isRoot: true,
  isOff: false,
};

Deno.test("planSetup() installs only without an adapter, as root, on Debian and its kin", () => {
  const installs = (change: Partial<Machine>) => planSetup({ ...BARE, ...change }).install;
  for (const osRelease of [DEBIAN, UBUNTU, MINT]) assert(installs({ osRelease }), osRelease);
  assert(!installs({ adapter: ADAPTER }));
  assert(!installs({ isRoot: false }));
  assert(!installs({ isOff: true }));
  assert(!installs({ osRelease: FEDORA }));
  assert(!installs({ osRelease: "" }));
  assert(!installs({ os: "darwin" }));
});

Deno.test("planSetup() says in one line what it does or what the user can do", () => {
  const line = (change: Partial<Machine>) => planSetup({ ...BARE, ...change }).line;
  assert.match(line({ adapter: ADAPTER }), /the software adapter llvmpipe/);
  assert.match(line({}), /Installing libvulkan1 mesa-vulkan-drivers/);
  assert.match(line({ isOff: true }), /ATTPARSENET_SETUP=off/);
  assert.match(line({ isRoot: false }), /sudo apt-get install -y libvulkan1 mesa-vulkan-drivers$/);
  assert.match(line({ osRelease: FEDORA }), /dnf install/);
  for (const change of [{}, { isOff: true }, { isRoot: false }, { os: "windows" as const }]) {
    assert(!line(change).includes("\n"));
  }
});

Deno.test("installCommand() names the packages of the distribution", () => {
  const command = (osRelease: string) => installCommand({ os: "linux", osRelease, isRoot: true });
  assert.equal(
    command(UBUNTU),
    "apt-get update && apt-get install -y libvulkan1 mesa-vulkan-drivers",
  );
  assert.match(command("ID=manjaro\nID_LIKE=arch\n"), /^pacman -S /);
  assert.match(command("ID=alpine\n"), /^apk add /);
  assert.match(command("ID=unheardof\n"), /Vulkan/);
});

Deno.test("examine() finds the models and the wasm backend of this machine", async () => {
  const { models, backends, problems } = await examine();
  assert.deepEqual(
    models.map(({ name, usable }) => [name, usable]),
    [["face_landmark_68", true], ["ssd_mobilenetv1", true], ["tiny_face_detector", true]],
  );
  assert.deepEqual(backends.map(({ name }) => name), ["webgpu", "wasm", "cpu"]);
  assert(backends[1]?.usable, backends[1]?.note);
  assert.deepEqual(problems.filter(({ fatal }) => fatal), []);
});

Deno.test("diagnosisText() shows what is missing together with the command that brings it", () => {
  const diagnosis: Diagnosis = {
    deno: "2.9.6",
    platform: "linux x86_64",
    processors: 2,
    adapter: null,
    backends: [{ name: "webgpu", usable: false, note: "no adapter" }],
    choice: { backend: "wasm", reason: "there is no adapter", file: "/cache/backend.json" },
    models: [],
    problems: [{ what: "No adapter", fix: "apt-get install x", fatal: false }],
  };
  assert.match(
    diagnosisText(diagnosis),
    /wasm +there is no adapter\n +kept in +\/cache\/backend\.json/,
  );
  assert.match(diagnosisText(diagnosis), /To fix\n {2}No adapter\n {4}→ apt-get install x$/);
  const whole = diagnosisText({ ...diagnosis, adapter: ADAPTER, problems: [] });
  assert.match(whole, /maxStorageBufferBindingSize +134217728 \(128 MiB\)/);
  assert.match(whole, /shader-f16 yes, timestamp-query no/);
  assert.match(whole, /To fix\n {2}nothing$/);
});
